export interface BreakerRule {
  /** Length of the rolling window, ms; cut into ten buckets that age by time. */
  readonly windowMs: number
  /** Settled permits in the window below which neither ratio trips. */
  readonly minimumRequests: number
  /** Share of failures, 0 to 1, from which the breaker opens; null to leave the ratio out. */
  readonly failureRatio: number | null
  /** A success that took longer than this counts as slow; null to leave slow calls out. */
  readonly slowCallMs: number | null
  /** Share of slow calls, 0 to 1, from which the breaker opens. */
  readonly slowCallRatio: number
  /** Failures in a row that open the breaker whatever the volume; null to leave them out. */
  readonly consecutiveFailures: number | null
  /** How long it stays open the first time, ms. Doubles with each failed half-open phase. */
  readonly openMs: number
  /** The longest it stays open, ms, before jitter. */
  readonly maxOpenMs: number
  /** Up to this share is added to every open time, 0 to 1, so that many gateways do not probe at the same moment. */
  readonly jitter: number
  /** Probes that may run at the same time while half-open. */
  readonly halfOpenRequests: number
  /** Successful probes that close it. */
  readonly halfOpenSuccesses: number
}

export type BreakerPhase = 'closed' | 'open' | 'half-open' | 'forced-open' | 'forced-closed'
export type BreakerReason =
  | 'failure-ratio'
  | 'slow-calls'
  | 'consecutive-failures'
  | 'probe-failed'
  | 'open-time-over'
  | 'probes-succeeded'
  | 'operator'

/** Told once for each change of phase, by the owner's callback. */
export interface BreakerTransition {
  readonly from: BreakerPhase
  readonly to: BreakerPhase
  readonly reason: BreakerReason
  readonly atMs: number
  /** For `open`: how long it will stay so. */
  readonly openMs: number | null
}

export interface Permit {
  /**
   * Says how the permitted attempt ended; only the first call counts. `ignored` (a client abort, our own refusal) gives the permit back
   * without an opinion. A permit of an earlier phase is forgotten.
   * @param now Monotonic ms.
   * @param durationMs Time the attempt took, for the slow-call rule.
   */
  settle(result: 'success' | 'failure' | 'ignored', now: number, durationMs: number): void
}

/** The state machine after Nygard's circuit breaker, with windows as in Resilience4j but aged by time. */
export interface Breaker {
  /** A permit for one attempt, or null when it is refused. Never waits. */
  tryAcquire(now: number): Permit | null
  /** Time until an attempt may be permitted again: what is left of the open time; 0 when one would be permitted now. While all probes of half-open run: 1000. */
  retryAfterMs(now: number): number
  phase(now: number): BreakerPhase
  /** What the admin API shows. */
  snapshot(now: number): BreakerSnapshot
  /** The operator's word: `auto` returns to closed with an empty window. */
  force(mode: 'open' | 'closed' | 'auto', now: number): void
  /** Takes another rule without forgetting state (a reload). */
  configure(rule: BreakerRule): void
}

export interface BreakerSnapshot {
  readonly phase: BreakerPhase
  readonly reason: BreakerReason | null
  readonly sinceMs: number
  readonly requests: number
  readonly failures: number
  readonly slow: number
  readonly retryAfterMs: number
}
