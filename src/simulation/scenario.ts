import type { Plan } from '../config/plan.ts'
import type { Consumer } from '../plugin-api/index.ts'
import type { Behaviour } from './behaviour.ts'

/** A run that is described completely; times count from its start, in ms. */
export interface Scenario {
  readonly name: string
  readonly seed: number
  /** Upstreams, and one route for each load, in their order. */
  readonly plan: Plan
  /** How every endpoint of the plan behaves at the start, by host. */
  readonly endpoints: ReadonlyMap<string, Behaviour>
  readonly loads: readonly LoadPlan[]
  /** Null when limits are counted in memory only. */
  readonly redis: StorePlan | null
  readonly events: readonly EventPlan[]
  readonly expectations: readonly Expectation[]
}

/** A Redis in virtual time. */
export interface StorePlan {
  readonly roundTripMs: number
  readonly timeoutMs: number
}

/** `silent`: takes questions and answers none. */
export type StoreState = 'away' | 'silent' | 'back'

export interface LoadPlan {
  /** That of its route. */
  readonly name: string
  readonly upstream: string
  readonly method: string
  readonly ratePerSecond: number
  readonly fromMs: number
  readonly durationMs: number
  readonly arrival: 'poisson' | 'even'
  readonly bodyBytes: number
  readonly bodyPieces: number
  readonly bodyPauseMs: number
  /** Pieces after which the client falls silent; Infinity when it sends everything. */
  readonly bodyStopsAfter: number
  /** Null when clients wait for the end. */
  readonly abortAfterMs: number | null
  readonly abortShare: number
  readonly readMs: number
  readonly clients: number
  /** Name, value, name, value … */
  readonly fields: readonly string[]
  /** Null for requests of nobody in particular. */
  readonly consumer: Consumer | null
}

export type EventPlan =
  | { readonly kind: 'endpoints'; readonly atMs: number; readonly endpoints: readonly string[]; readonly set: Partial<Behaviour> }
  | { readonly kind: 'store'; readonly atMs: number; readonly store: StoreState }

/** What is looked at: what began in the span, null for any. */
export interface Span {
  readonly upstream: string | null
  readonly load: string | null
  readonly fromMs: number
  readonly toMs: number
}

export interface Limits {
  readonly min: number | null
  readonly max: number | null
}

export type Measure =
  | { readonly kind: 'clientErrors' | 'clientErrorShare' | 'amplification' | 'retries' | 'queueRejections' | 'fallbacks' }
  | { readonly kind: 'answers'; readonly status: number | null; readonly code: string | null }
  | { readonly kind: 'latency'; readonly percentile: number }
  | { readonly kind: 'share'; readonly endpoint: string }
  | { readonly kind: 'attempts' | 'ejections'; readonly endpoint: string | null }
  | { readonly kind: 'limited'; readonly policy: string | null }
  /** `withinMs` null: all of them, otherwise the most in any stretch of that length. */
  | { readonly kind: 'admitted'; readonly policy: string; readonly withinMs: number | null }
  | { readonly kind: 'breakerOpens' | 'breakerOpensBy'; readonly of: string }
  | { readonly kind: 'breakerEndsAs'; readonly of: string; readonly phase: string }

export interface Expectation {
  /** As it is written: `latency p99 of shop from 15s to 40s ≤ 100ms`. */
  readonly text: string
  readonly measure: Measure
  readonly span: Span
  readonly limits: Limits
}
