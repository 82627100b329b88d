import type { FastifyReply } from 'fastify'
import { definePlugin, durationMs, gatewayError } from '../../src/plugin-api/index.ts'
import { createCallerKey, describeBy } from './caller-key.ts'
import { createFields } from './fields.ts'
import { createLimiter } from './limiter.ts'
import { schema } from './schema.ts'
import { WindowCounters } from './window-counters.ts'

const LONGEST_WINDOW_MS = 86_400_000

export default definePlugin({
  name: 'rate-limit',
  phase: 'limit',
  scopes: ['global', 'upstream', 'route'],
  schema,

  check(config) {
    const windowMs = durationMs(config.window)
    if (windowMs > 0 && windowMs <= LONGEST_WINDOW_MS) return []
    return [{ severity: 'error', path: ['window'], message: `a window of ${config.window} is impossible`, hint: 'more than 0 and at most 1d' }]
  },

  async register(app, config, deps) {
    const name = config.name ?? deps.route.name
    const rule = { limit: config.limit, windowMs: durationMs(config.window), maxKeys: config.maxKeys }
    // Without the limit: raised by a reload, it goes on with what was counted. Another window or caller is another count.
    const counters = deps.state(
      `windows ${JSON.stringify([deps.route.name, name, rule.windowMs])} ${describeBy(config.by)}`,
      () => new WindowCounters()
    )
    const decide = await createLimiter(app, { counters, rule, clock: deps.clock, callerKey: createCallerKey(config.by) })
    const fields = createFields(name, rule.limit, rule.windowMs)
    const count = (decision: string) => deps.metrics.counter('rate_limit_decisions_total', 'Decisions of rate limits.', { policy: name, decision })
    const allowed = count('allowed')
    const refused = count('refused')

    app.addHook('onRequest', async (request, reply) => {
      const decision = await decide(request)
      if (decision.isAllowed) return // an allow list of @fastify/rate-limit, which is never given
      const policy = listed(reply, 'ratelimit-policy', fields.policy)
      const state = listed(reply, 'ratelimit', fields.state(decision.remaining, decision.ttlInSeconds))
      // On the reply also when it is refused: there stands the item of an earlier policy, and it would replace both.
      reply.header('ratelimit-policy', policy).header('ratelimit', state)
      if (decision.isExceeded) {
        refused.inc()
        throw gatewayError('SP_RATE_LIMITED', {
          detail: `The limit of ${rule.limit} requests per ${config.window} is used up.`,
          headers: { 'ratelimit-policy': policy, ratelimit: state, 'retry-after': String(decision.ttlInSeconds) }
        })
      }
      allowed.inc()
    })
  }
})

/** Both fields are lists: a second policy of the same route adds its item. */
function listed(reply: FastifyReply, name: string, item: string): string {
  const before = reply.getHeader(name)
  return before === undefined ? item : `${String(before)}, ${item}`
}
