/** What may be retried. Status codes are those of complete answers' heads. */
export interface RetryRule {
  /** Extra tries after the first; 0 for none. */
  readonly attempts: number
  readonly onConnectFailure: boolean
  /** Reset before the answer's head, and answers that break the protocol. */
  readonly onReset: boolean
  /** Response or per-try timeout. */
  readonly onTimeout: boolean
  readonly onStatus: ReadonlySet<number>
  /** Methods that may be repeated after something was sent (RFC 9110 section 9.2.2), upper case. */
  readonly methods: ReadonlySet<string>
  /** A request with this field (lower case) may be repeated whatever its method; null when not opted in. */
  readonly idempotencyHeader: string | null
  readonly backoffBaseMs: number
  readonly backoffMaxMs: number
  readonly budget: BudgetRule
  /** Bodies up to this many bytes are kept for another try. */
  readonly maxBodyBytes: number
}

/** Retries in the window ≤ `ratio` × requests in the window + `minPerSecond` × window in s. */
export interface BudgetRule {
  readonly ratio: number
  readonly minPerSecond: number
  readonly windowMs: number
}

export interface RetryBudget {
  /** One more request (not a retry). */
  request(now: number): void
  /** Takes one retry out of the budget; false when there is none left. */
  tryTake(now: number): boolean
  configure(rule: BudgetRule): void
}

/** What happened, as far as it matters for another try. */
export interface RetryFacts {
  readonly method: string
  readonly hasIdempotencyKey: boolean
  /** Tries so far that count, free ones left out. */
  readonly tries: number
  /** Whether the free retry of this request was used. */
  readonly freeUsed: boolean
  readonly failure:
    | { readonly kind: 'connect' | 'reset' | 'timeout' | 'other'; readonly nothingSent: boolean; readonly reusedIdleSocket: boolean }
    | { readonly kind: 'status'; readonly status: number; readonly retryAfterMs: number | null }
  /** Whether the whole body can be sent again. */
  readonly bodyReplayable: boolean
  /** Something of an answer was sent to the client. */
  readonly responseBegan: boolean
  /** What is left of the total time; Infinity without a limit. */
  readonly remainingMs: number
}

export type RetryDecision =
  | { readonly retry: true; readonly delayMs: number; readonly free: boolean }
  | {
      readonly retry: false
      readonly reason: 'not-configured' | 'response-began' | 'attempts-used' | 'unsafe-method' | 'body-not-replayable' | 'budget' | 'deadline'
    }
