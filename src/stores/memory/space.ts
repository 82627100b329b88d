import type { LimitTerms } from '../../policy/limiter/terms.ts'
import type { LimitRule } from '../../policy/limiter/types.ts'

/** Windows of the calendar follow the wall clock, all others the monotonic one: neither can go on with the state of the other. */
export type StateKind = 'gcra' | 'sliding-window' | 'fixed-window' | 'calendar-window'

/** All keys that are counted under the id of a rule by one algorithm. */
export interface Space {
  readonly number: number
  readonly kind: StateKind
  /** As of the last question; its terms are what untouched keys are judged by. */
  rule: LimitRule
  terms: LimitTerms
}

export function kindOf(rule: LimitRule): StateKind {
  return rule.algorithm === 'fixed-window' && rule.calendar !== null ? 'calendar-window' : rule.algorithm
}
