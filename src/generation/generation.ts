import type { FastifyInstance } from 'fastify'
import type { Plan } from '../config/plan.ts'
import type { Clock, UsageReport } from '../plugin-api/index.ts'
import type { ExchangeServices } from '../proxy/exchange.ts'
import type { RouteRuntime, UpstreamRuntime } from '../proxy/route-runtime.ts'
import type { Router } from '../routing/types.ts'
import type { DiscoveredService } from './members.ts'
import type { RedisLink } from './redis.ts'
import type { Pace } from './pace.ts'
import type { LongLease } from './registry.ts'

export interface GenerationParts {
  readonly plan: Plan
  readonly app: FastifyInstance
  readonly router: Router
  readonly routes: readonly RouteRuntime[]
  readonly unmatched: RouteRuntime
  readonly upstreams: ReadonlyMap<string, UpstreamRuntime>
  /** By name of the upstream; those whose endpoints are in the document are missing. */
  readonly discovered: ReadonlyMap<string, DiscoveredService>
  readonly redis: RedisLink | null
  /** Counts that operators may ask about. */
  readonly usage: readonly UsageReport[]
  readonly activate: () => void
  readonly lease: LongLease
  readonly abort: AbortController
  readonly pace: Pace
  readonly services: ExchangeServices
}

/** One compiled configuration and the Fastify app built from it. Immutable but for the count of requests that use it. */
export class Generation {
  readonly plan: Plan
  readonly app: FastifyInstance
  readonly router: Router
  readonly routes: readonly RouteRuntime[]
  readonly unmatched: RouteRuntime
  readonly upstreams: ReadonlyMap<string, UpstreamRuntime>
  readonly discovered: ReadonlyMap<string, DiscoveredService>
  readonly redis: RedisLink | null
  readonly usage: readonly UsageReport[]
  /** Lets its endpoints and rules take effect on the state that generations share; called at the swap. */
  readonly activate: () => void
  readonly services: ExchangeServices
  readonly #lease: LongLease
  readonly #abort: AbortController
  readonly #pace: Pace
  #inFlight = 0
  #onIdle: (() => void) | null = null

  constructor(parts: GenerationParts) {
    this.plan = parts.plan
    this.app = parts.app
    this.router = parts.router
    this.routes = parts.routes
    this.unmatched = parts.unmatched
    this.upstreams = parts.upstreams
    this.discovered = parts.discovered
    this.redis = parts.redis
    this.usage = parts.usage
    this.activate = parts.activate
    this.services = {
      ...parts.services,
      onComplete: (exchange) => {
        parts.services.onComplete(exchange)
        this.#leave()
      }
    }
    this.#lease = parts.lease
    this.#abort = parts.abort
    this.#pace = parts.pace
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Counts one more request; its exchange leaves by itself when it completes. */
  enter(): void {
    this.#inFlight++
  }

  #leave(): void {
    if (--this.#inFlight === 0) this.#onIdle?.()
  }

  /** The runtime of a route by its index in the plan. */
  route(id: number): RouteRuntime {
    return this.routes[id] as RouteRuntime
  }

  /** Resolves when no request uses this generation any more, or after the limit, whichever is first. */
  idle(clock: Clock, limitMs: number): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = clock.after(limitMs, resolve)
      this.#onIdle = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Lets the last requests finish, then gives back what the generation held. Requests that are still running keep running. @throws what a plugin's `onClose` throws. */
  async retire(clock: Clock, limitMs: number): Promise<void> {
    await this.idle(clock, limitMs)
    this.#abort.abort()
    try {
      await this.app.close()
    } finally {
      await this.#pace.finish(this.#lease.releaseStepwise())
    }
  }
}
