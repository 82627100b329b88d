import type { LimitQuestion, LimitVerdict } from '../../policy/limiter/types.ts'

export type { LimitAlgorithm, LimitCalendar, LimitQuestion, LimitRule, LimitVerdict } from '../../policy/limiter/types.ts'

/**
 * Counts for limits: of this process, or of Redis for all gateways. What it decides it has recorded: there is no time between the two in
 * which another request could be let in by the same unit.
 */
export interface LimitStore {
  /**
   * All or nothing: when one limit refuses, none is charged, so that a refused request costs nothing anywhere. Verdicts in the order of the
   * questions; those of limits that would have admitted say what is left without it.
   * Of two questions of one rule and key the second counts behind the first.
   * @throws StoreUnavailable (rejects) when the store cannot be asked, or did not answer in time
   */
  consume(questions: readonly LimitQuestion[]): readonly LimitVerdict[] | Promise<readonly LimitVerdict[]>
  /**
   * Records what was used already, also past the limit, for costs that are known only afterwards. A negative cost gives back. What lies past
   * the limit holds later requests up.
   */
  charge(questions: readonly LimitQuestion[]): void | Promise<void>
  /** As `consume` with the cost 0 would say, and nothing is recorded. */
  peek(questions: readonly LimitQuestion[]): readonly LimitVerdict[] | Promise<readonly LimitVerdict[]>
}

/** A store that is not there. Its message is for operators: no secret, no key. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly reason: 'timeout' | 'disconnected' | 'failed'

  constructor(reason: 'timeout' | 'disconnected' | 'failed', message: string) {
    super(message)
    this.reason = reason
  }
}
