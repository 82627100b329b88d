/** An endpoint as a balancer sees it. Only usable endpoints are ever offered. */
export interface Candidate {
  /** Stable for the life of the endpoint. */
  readonly key: string
  /** Positive; relative to the other candidates. */
  readonly weight: number
  /** The zone that the endpoint is in; null when unknown. */
  readonly zone: string | null
  /** Attempts that are running at the endpoint. */
  readonly inFlight: number
  /** Peak-sensitive moving average of the time to the answer's head, in ms; 0 when nothing was measured yet. */
  readonly latencyMs: number
  /** Monotonic ms at which `latencyMs` was last changed. */
  readonly latencyAtMs: number
  /** Monotonic ms since when the endpoint takes part; its slow start is counted from here. `-Infinity` for one that was always there. */
  readonly sinceMs: number
}

/** Facts of the request that an affinity balancer may use. */
export interface PickHint {
  readonly clientIp: string
  /** What `consistent-hash` hashes; null when the request has no such value, and the balancer then spreads evenly. */
  readonly hashKey: string | null
}

/**
 * Chooses one of the candidates. Deterministic given its own state, time and randomness; never logs, never waits, allocates nothing
 * per pick. The list may differ in content and order from call to call, but the same array object always has the same content, so
 * that tables may be kept by its identity.
 */
export interface Balancer {
  /** Returns null only for an empty list. @param now Monotonic ms. */
  pick<C extends Candidate>(candidates: readonly C[], hint: PickHint, now: number): C | null
}

export const ALGORITHMS = [
  'round-robin',
  'weighted-round-robin',
  'least-connections',
  'random',
  'two-choices',
  'ip-hash',
  'consistent-hash',
  'least-latency'
] as const

export type BalancerAlgorithm = (typeof ALGORITHMS)[number]

export interface BalancerRule {
  readonly algorithm: BalancerAlgorithm
  /** Time in which a new or recovered endpoint grows from a tenth of its weight to all of it; 0 for none. */
  readonly slowStartMs: number
}
