import type { Candidate } from '../balancer/types.ts'

export interface OutlierRule {
  /** Gateway failures in a row that eject an endpoint; null to leave them out. */
  readonly consecutiveFailures: number | null
  /** Share of failures in the window, 0 to 1, from which an endpoint is ejected; null to leave it out. */
  readonly failureRatio: number | null
  /** Settled attempts in the window below which the ratio does not eject. */
  readonly minimumRequests: number
  readonly windowMs: number
  /** First ejection, ms; the n-th in a row lasts n times as long, up to `maxEjectMs`. */
  readonly ejectMs: number
  readonly maxEjectMs: number
  /** Share of the upstream's endpoints that may be ejected at a time, 0 to 1; never the last usable one. */
  readonly maxEjectedRatio: number
}

/** `unknown`: not checked yet, gets no traffic. */
export type CheckStatus = 'unchecked' | 'unknown' | 'healthy' | 'unhealthy'

/** `available` gets traffic; `probing` gets one attempt at a time until one succeeds. */
export type Availability = 'available' | 'ejected' | 'probing' | 'unhealthy' | 'unknown'

export type HealthEvent =
  | {
      readonly kind: 'ejected'
      readonly key: string
      readonly reason: 'consecutive-failures' | 'failure-ratio' | 'probe-failed'
      readonly forMs: number
      /** How many count now, with this one. */
      readonly ejections: number
    }
  | { readonly kind: 'recovered'; readonly key: string }
  | { readonly kind: 'healthy'; readonly key: string }
  | { readonly kind: 'unhealthy'; readonly key: string; readonly reason: string }
  | { readonly kind: 'panic'; readonly on: boolean }

/**
 * What outlier detection has found out in one of several sets for the same endpoints, told to the others: an ejected or recovered
 * `HealthEvent` is one. Plain, so that it can be a message.
 */
export type HealthKnowledge =
  | { readonly kind: 'ejected'; readonly key: string; readonly forMs: number; readonly ejections: number }
  | { readonly kind: 'recovered'; readonly key: string }

export interface EndpointSetRule {
  readonly outlier: OutlierRule | null
  /** Share of usable endpoints, 0 to 1, below which all endpoints are used whatever their health; 0 never. */
  readonly panicThreshold: number
  /** Where this gateway runs; its endpoints are preferred. Null for no preference. */
  readonly zone: string | null
}

/** What one member of the set must be; the set owns all that is mutable about its health. */
export interface Member extends Candidate {
  readonly key: string
}

/**
 * Which endpoints of an upstream may be used at a moment: active checks ∧ outlier ejection, panic and zone preference. Nothing runs on
 * timers: what ends with time is seen at the next question. Lists are cached and keep their identity until something changes.
 */
export interface EndpointSet<M extends Member> {
  /** All members, in document order. */
  readonly members: readonly M[]
  /** Replaces the members (reload, discovery); health of those whose key stays is kept. */
  replace(members: readonly M[], rule: EndpointSetRule, now: number): void
  /** The endpoints to balance over. Empty when there are none. With zones: the local ones, or with the probability that the local zone is short of, the others. */
  usable(now: number): readonly M[]
  /**
   * A member that has been waiting for a probe for at least `waitedMs` (0 when left out) and has none running; null in nearly all cases.
   * Taking it marks the probe as running until `settle`.
   */
  takeProbe(now: number, waitedMs?: number): M | null
  /** Reports how an attempt ended. `ignored` says nothing of the endpoint. */
  settle(key: string, result: 'success' | 'failure' | 'ignored', now: number): void
  /**
   * Takes over what another set has found out. What is known already changes nothing; an ejection that this set may not make itself, because
   * too many are out or nobody else is left, is not made. No event tells of it but what follows from it here, a panic.
   * After a learned ejection the first probe is left to the set that told of it: this one waits two to four seconds longer.
   * @returns Whether anything changed.
   */
  learn(knowledge: HealthKnowledge, now: number): boolean
  /** The verdict of active checks. */
  check(key: string, status: CheckStatus, now: number, reason: string): void
  availability(key: string, now: number): Availability
  /** Monotonic ms at which an ejection ends; 0 when not ejected. */
  ejectedUntil(key: string): number
  readonly panicking: boolean
}
