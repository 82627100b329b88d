/** An endpoint as a balancer sees it. Only usable endpoints are ever offered. */
export interface Candidate {
  /** Stable for the life of the endpoint. */
  readonly key: string
  /** Positive; relative to the other candidates. */
  readonly weight: number
}

/** Facts of the request that an affinity balancer may use; unused ones stay empty. */
export interface PickHint {
  readonly clientIp: string
}

/**
 * Chooses one of the candidates. Deterministic given its own state; never logs, never waits.
 * The list may differ in content and order from call to call.
 */
export interface Balancer {
  /** Returns null only for an empty list. */
  pick<C extends Candidate>(candidates: readonly C[], hint: PickHint): C | null
}
