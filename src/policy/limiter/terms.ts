import type { LimitCalendar, LimitRule } from './types.ts'

const US_PER_MS = 1000

/** A rule in the numbers that the arithmetic wants: whole microseconds, and its pace in lowest terms. Made once for each rule. */
export interface LimitTerms {
  readonly limit: number
  readonly burst: number
  readonly windowUs: number
  readonly calendar: LimitCalendar | null
  /** `limit / windowUs` in lowest terms: so small that products of it and a time are exact in a double, but for numbers that nobody writes. */
  readonly paceUnits: number
  readonly paceUs: number
  /** What both were divided by. */
  readonly divisor: number
  /** Of `sliding-window`: entries that one log may have. */
  readonly maxEntries: number
  /** Of `sliding-window`: admissions in the same cell of time share an entry. 1: each moment is one. Wider where a log could not hold the limit. */
  readonly cellUs: number
}

/** @param maxEntries Most entries that the log of one key may take. */
export function compileTerms(rule: LimitRule, maxEntries = Infinity): LimitTerms {
  const windowUs = Math.max(1, Math.round(rule.windowMs * US_PER_MS))
  const cellUs = cellUsOf(rule)
  const divisor = greatestCommonDivisor(rule.limit, windowUs)
  return {
    limit: rule.limit,
    burst: rule.burst,
    windowUs,
    calendar: rule.calendar,
    paceUnits: rule.limit / divisor,
    paceUs: windowUs / divisor,
    divisor,
    maxEntries: Math.min(rule.limit, maxEntries),
    cellUs: Math.min(rule.limit, Math.ceil(windowUs / cellUs)) <= maxEntries ? cellUs : Math.ceil(windowUs / maxEntries)
  }
}

/** As the rule itself says it, in whole µs. */
export function cellUsOf({ cellMs = 0 }: LimitRule): number {
  return Math.max(1, Math.round(cellMs * US_PER_MS))
}

function greatestCommonDivisor(a: number, b: number): number {
  let [large, small] = [a, b]
  while (small > 0) [large, small] = [small, large % small]
  return large
}
