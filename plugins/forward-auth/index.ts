import type { FastifyReply, FastifyRequest } from 'fastify'
import { definePlugin, gatewayError, type BoundCounter, type Consumer, type GatewayError, type PluginDeps } from '../../src/plugin-api/index.ts'
import { createDecider } from './decider.ts'
import { createQuestions } from './question.ts'
import { schema, settingsIssues } from './schema.ts'
import type { Refusal, Verdict } from './verdict.ts'

/** Why a request was refused; the closed label set of `auth_failures_total`. */
const REASONS = ['missing', 'unauthenticated', 'forbidden', 'redirected', 'unavailable'] as const

type Reason = (typeof REASONS)[number]

export default definePlugin({
  name: 'forward-auth',
  phase: 'authenticate',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,
  check: settingsIssues,

  async register(app, config, deps) {
    const { authentication } = deps
    const deciderOf = await deps.perRoute(({ name }) => createDecider(config, deps, name))
    const questionOf = createQuestions(config)
    const consumerOf = createConsumers(deps)
    const count = createCounters(deps)
    const removed = [...new Set([...config.responseHeaders, ...(config.consumerHeader === undefined ? [] : [config.consumerHeader])])]

    app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
      const { gateway } = request
      for (const name of removed) gateway.removeRequestHeader(name)
      if (authentication.isDecided(request)) return
      const question = questionOf(request)
      const verdict = await deciderOf(request)(question)
      if (verdict.kind === 'admitted') {
        for (const [name, value] of verdict.fields) gateway.setRequestHeader(name, value)
        authentication.accept(request, consumerOf(verdict.consumer))
        return
      }
      const isMissing = !question.hasCredentials && verdict.kind !== 'unavailable'
      count(isMissing ? 'missing' : verdict.kind)
      const error = authentication.refuse(request, isMissing ? 'missing' : 'invalid', errorOf(verdict))
      // Another plugin may let it in: only who has the last word passes on the service's own.
      if (error === null) return
      if (verdict.kind === 'unavailable') throw error
      return passOn(reply, verdict)
    })
  }
})

function passOn(reply: FastifyReply, { status, fields, body }: Refusal): FastifyReply {
  for (const [name, value] of fields) reply.header(name, typeof value === 'string' ? value : [...value])
  return reply.code(status).header('cache-control', 'no-store').send(body)
}

function errorOf(verdict: Exclude<Verdict, { kind: 'admitted' }>): GatewayError {
  if (verdict.kind === 'unavailable') return gatewayError('SP_AUTH_UNAVAILABLE', { detail: 'Access cannot be decided at the moment.' })
  if (verdict.kind === 'forbidden') return gatewayError('SP_FORBIDDEN')
  const challenge = verdict.fields.find(([name]) => name === 'www-authenticate')?.[1]
  return gatewayError('SP_UNAUTHENTICATED', typeof challenge === 'string' ? { headers: { 'www-authenticate': challenge } } : {})
}

/** A consumer of the document has its groups; any other name has none. */
function createConsumers({ consumers }: PluginDeps): (name: string | null) => Consumer | null {
  const groups = new Map(consumers.map((consumer) => [consumer.name, consumer.groups]))
  return (name) => (name === null ? null : { name, groups: groups.get(name) ?? [] })
}

function createCounters({ metrics }: PluginDeps): (reason: Reason) => void {
  const counters = Object.fromEntries(
    REASONS.map((reason) => [
      reason,
      metrics.counter('auth_failures_total', 'Requests refused by authentication.', { plugin: 'forward-auth', reason })
    ])
  ) as Record<Reason, BoundCounter>
  return (reason) => counters[reason].inc()
}
