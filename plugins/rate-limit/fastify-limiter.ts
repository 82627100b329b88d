import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import type { LimitRule, LimitStore, LimitVerdict } from '../../src/plugin-api/index.ts'

type Answer = (error: unknown, result?: { readonly current: number; readonly ttl: number }) => void

/**
 * `app.createRateLimit` of @fastify/rate-limit for plugins that stand behind this one: their windows are then counted where the gateway counts,
 * in Redis for all gateways. Nothing runs for a request that does not ask. Somebody's own @fastify/rate-limit before this one stays as it is.
 */
export async function offerFastifyLimiter(app: FastifyInstance, store: LimitStore, route: string): Promise<void> {
  if (app.hasDecorator('createRateLimit')) return
  class Store extends WindowStore {
    constructor() {
      super(store, route)
    }
  }
  await app.register(fastifyRateLimit, { global: false, store: Store as never })
}

/** The store contract of @fastify/rate-limit over a store of limits. */
class WindowStore {
  readonly #store: LimitStore
  readonly #route: string

  constructor(store: LimitStore, route: string) {
    this.#store = store
    this.#route = route
  }

  incr(key: string, answer: Answer, windowMs: number, max: number): void {
    if (max < 1) {
      answer(null, { current: 1, ttl: windowMs })
      return
    }
    const question = { rule: ruleOf(this.#route, windowMs, max), key, cost: 1 }
    void Promise.resolve(this.#store.consume([question])).then(
      ([verdict]) => answer(null, resultOf(verdict as LimitVerdict, max)),
      (error: unknown) => answer(error)
    )
  }

  read(key: string, answer: Answer, windowMs: number, max: number): void {
    const question = { rule: ruleOf(this.#route, windowMs, max), key, cost: 0 }
    void Promise.resolve(this.#store.peek([question])).then(
      ([verdict]) => answer(null, resultOf(verdict as LimitVerdict, max)),
      (error: unknown) => answer(error)
    )
  }

  /** Windows of other settings are other counts by their rule already. */
  child(): this {
    return this
  }
}

function ruleOf(route: string, windowMs: number, max: number): LimitRule {
  return {
    id: JSON.stringify([route, 'createRateLimit', windowMs]),
    algorithm: 'fixed-window',
    limit: Math.max(1, Math.trunc(max)),
    windowMs,
    burst: 1,
    calendar: null
  }
}

function resultOf({ allowed, remaining, resetMs, retryAfterMs }: LimitVerdict, max: number) {
  return allowed ? { current: max - remaining, ttl: resetMs } : { current: max + 1, ttl: retryAfterMs }
}
