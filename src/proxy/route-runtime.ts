import type { FastifyRequest } from 'fastify'
import type { ResponseHead } from '../plugin-api/index.ts'
import type { Balancer } from '../policy/balancer/types.ts'
import type { Endpoint } from './ports.ts'

/** A route of one generation, ready to be used by requests. */
export interface RouteRuntime {
  /** Index in the plan; -1 for `_unmatched`. */
  readonly id: number
  /** Names, as plugins see them. */
  readonly names: { readonly name: string; readonly upstream: string | null }
  readonly upstream: UpstreamRuntime | null
  /** Rewrites canonical paths; null when the path goes upstream as it came. */
  readonly rewrite: ((path: string) => string) | null
  readonly allowEncodedSlash: boolean
  /** Whether any plugin may have set response fields. */
  readonly hasPlugins: boolean
  readonly maxBodyBytes: number
  readonly bodyIdleMs: number
  /** Edits of every response head, in chain order; filled while plugins register. */
  readonly responseEdits: ResponseEdit[]
  readonly metrics: RouteMetrics
}

export type ResponseEdit = (request: FastifyRequest, head: ResponseHead) => void

export interface UpstreamRuntime {
  readonly name: string
  readonly balancer: Balancer
  /** Endpoints that may be picked, in document order. Replaced, never changed. */
  readonly candidates: readonly Endpoint[]
  readonly hostHeader: { readonly kind: 'upstream' } | { readonly kind: 'preserve' } | { readonly kind: 'fixed'; readonly name: string }
  readonly metrics: UpstreamMetrics
}

/** Bound when the generation is built; recording costs no lookup by label. */
export interface RouteMetrics {
  complete(method: string, status: number, durationMs: number, overheadMs: number): void
}

export interface UpstreamMetrics {
  attempt(outcome: string, durationMs: number): void
}
