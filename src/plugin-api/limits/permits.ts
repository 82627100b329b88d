/** How many requests of one key may be in flight. */
export interface PermitRule {
  /** Of the count: rules with one id share it, whatever their limits are. */
  readonly id: string
  /** At least 1. */
  readonly limit: number
}

export interface PermitQuestion {
  readonly rule: PermitRule
  /** Of the caller. */
  readonly key: string
}

export interface PermitVerdict {
  readonly allowed: boolean
  /** With this request when it got its places, otherwise without. */
  readonly inFlight: number
}

export interface PermitAnswer {
  /** In the order of the questions. The request got its places when all allow. */
  readonly verdicts: readonly PermitVerdict[]
  /** Gives the places back; does nothing the second time, or when there are none. Never throws. */
  release(): void
}

/**
 * Places for requests in flight: of this process, or of Redis for all gateways. A place belongs to its request until it is given back or the
 * gateway that took it is gone.
 */
export interface PermitStore {
  /**
   * All or nothing: a request that one limit refuses holds no place anywhere. Of two questions of one rule and key the second counts behind the
   * first.
   * @throws StoreUnavailable (rejects) when the store cannot be asked, or did not answer in time; no place is held then
   */
  acquire(questions: readonly PermitQuestion[]): PermitAnswer | Promise<PermitAnswer>
}
