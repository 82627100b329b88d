import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import type { JsonMap } from './prepare.ts'
import { msOf, numberOf, shareOf } from './reading.ts'

/** Longer waits make the timers of Node fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Durations that mean nothing at 0 and that timers must be able to wait for. */
export function checkDurations(holder: Readonly<JsonMap>, keys: readonly string[], path: Path, issues: IssueCollector): void {
  for (const key of keys) {
    const ms = msOf(holder[key])
    if (ms === 0) issues.add([...path, key], { code: 'out-of-range', message: 'must be more than 0' })
    if (ms !== null && ms > MAX_TIMER_MS) issues.add([...path, key], { code: 'out-of-range', message: 'must be at most 24 days' })
  }
}

/** Shares from which something happens: at 0 it would happen without any cause. */
export function checkShares(holder: Readonly<JsonMap>, keys: readonly string[], path: Path, issues: IssueCollector): void {
  for (const key of keys) {
    if (shareOf(holder[key]) === 0) issues.add([...path, key], { code: 'out-of-range', message: 'must be more than 0%' })
  }
}

/** Keys whose values, when they are there, must not fall from one to the next. */
export function checkAscending(holder: Readonly<JsonMap>, keys: readonly string[], path: Path, issues: IssueCollector): void {
  const amounts = keys.flatMap((key) => {
    const amount = numberOf(holder[key]) ?? msOf(holder[key])
    return amount === null ? [] : [{ key, amount }]
  })
  for (const [index, { key, amount }] of amounts.entries()) {
    const before = amounts[index - 1]
    if (before === undefined || amount >= before.amount) continue
    const [text, other] = [String(holder[key]), String(holder[before.key])]
    issues.add([...path, key], { code: 'out-of-order', message: `${key} (${text}) must not be less than ${before.key} (${other})` })
  }
}
