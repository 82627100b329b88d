import { checkDurations } from './check-amounts.ts'
import { hostProblem } from './check-host.ts'
import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import { isMap, type JsonMap } from './prepare.ts'
import { listOf, msOf, textOf } from './reading.ts'

const OF_HTTP = ['bodyIncludes', 'host'] as const

/** The `healthCheck` of an upstream. */
export function checkHealth(check: unknown, path: Path, issues: IssueCollector): void {
  if (!isMap(check)) return
  const tcp = check['tcp'] === true
  if ((check['path'] !== undefined) === tcp) {
    issues.add(path, { code: 'exactly-one', message: 'expected exactly one of path and tcp: true', focus: 'key' })
  }
  for (const key of tcp ? OF_HTTP.filter((other) => check[other] !== undefined) : []) {
    issues.add([...path, key], { severity: 'warning', code: 'without-effect', message: 'a check with `tcp: true` sends no request', focus: 'key' })
  }
  if (check['method'] === 'HEAD' && check['bodyIncludes'] !== undefined) {
    issues.add([...path, 'bodyIncludes'], { code: 'bad-body', message: 'answers to HEAD have no body', hint: 'use method: GET', focus: 'key' })
  }
  checkStatuses(check, path, issues)
  const host = textOf(check['host'])
  const problem = host === null ? null : hostProblem(host)
  if (problem !== null) issues.add([...path, 'host'], { code: 'bad-host', message: `expected a host name: ${problem}` })
  checkTimes(check, path, issues)
}

function checkStatuses(check: JsonMap, path: Path, issues: IssueCollector): void {
  for (const [index, status] of listOf(check['status']).entries()) {
    const [from, to] = typeof status === 'string' ? status.split('-').map(Number) : []
    if (from === undefined || to === undefined || from <= to) continue
    issues.add([...path, 'status', index], { code: 'out-of-order', message: 'the range ends before it begins', hint: `write "${to}-${from}"` })
  }
}

function checkTimes(check: JsonMap, path: Path, issues: IssueCollector): void {
  checkDurations(check, ['interval', 'timeout'], path, issues)
  const [timeout, interval] = [msOf(check['timeout']), msOf(check['interval'])]
  if (timeout === null || interval === null || timeout <= interval || issues.isWrong([...path, 'interval'])) return
  const message = `timeout (${String(check['timeout'])}) must not be more than interval (${String(check['interval'])})`
  issues.add([...path, 'timeout'], { code: 'out-of-order', message })
}
