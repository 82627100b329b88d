import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Clock } from '../../src/plugin-api/index.ts'
import type { WindowCounters, WindowRule } from './window-counters.ts'

const REGISTERED = 'sallyportRateLimit'

export type Limiter = ReturnType<FastifyInstance['createRateLimit']>

export interface LimiterSettings {
  readonly counters: WindowCounters
  readonly rule: WindowRule
  readonly clock: Clock
  readonly callerKey: (request: FastifyRequest) => string
}

/**
 * A limiter of @fastify/rate-limit that counts in our store. Its decorator `createRateLimit` exists once per context and asks
 * the first instance's store for a `child` with the options of the call: so the child is handed over as one of them.
 */
export async function createLimiter(app: FastifyInstance, settings: LimiterSettings): Promise<Limiter> {
  if (!app.hasDecorator(REGISTERED)) {
    if (app.hasDecorator('createRateLimit')) throw new TypeError('@fastify/rate-limit is already registered for this route; use one of both')
    await app.register(fastifyRateLimit, { global: false, store: StoreOfOptions as never })
    app.decorate(REGISTERED, true)
  }
  const { counters, rule, clock, callerKey } = settings
  const options = {
    max: rule.limit,
    timeWindow: rule.windowMs,
    keyGenerator: callerKey,
    sallyportStore: {
      incr(key: string, answer: (error: null, result: { current: number; ttl: number }) => void) {
        const { current, ttlMs } = counters.take(key, clock.now(), rule)
        answer(null, { current, ttl: ttlMs })
      }
    }
  }
  return app.createRateLimit(options)
}

class StoreOfOptions {
  child(options: { readonly sallyportStore: object }): object {
    return options.sallyportStore
  }
}
