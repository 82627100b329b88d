import cors from '@fastify/cors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { definePlugin } from '../../src/plugin-api/index.ts'
import { compileOrigin, originIssues } from './origins.ts'
import { schema } from './schema.ts'

const FIELDS = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-expose-headers',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-max-age'
] as const

const REPLY = Symbol('the reply that holds the CORS fields')

type WithReply = FastifyRequest & { [REPLY]: FastifyReply | null }

export default definePlugin({
  name: 'cors',
  phase: 'edge',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,
  check: (config) => originIssues(config.origins, config.credentials),

  async register(app, config, deps) {
    await app.register(cors, {
      origin: config.origins.includes('*') ? '*' : config.origins.map(compileOrigin),
      methods: config.methods,
      credentials: config.credentials,
      ...(config.allowedHeaders && { allowedHeaders: config.allowedHeaders }),
      ...(config.exposedHeaders && { exposedHeaders: config.exposedHeaders }),
      ...(config.maxAge !== undefined && { maxAge: config.maxAge }),
      // An OPTIONS request that is no preflight belongs to the upstream; @fastify/cors would answer it, with 204 or 400.
      // So it only sets the fields, and the hook below answers preflights.
      strictPreflight: false,
      preflightContinue: true
    })
    app.decorateRequest(REPLY, null)

    app.addHook('onRequest', (request, reply, done) => {
      ;(request as WithReply)[REPLY] = reply
      if (request.method !== 'OPTIONS' || !isPreflight(request)) return done()
      // Content-Length: 0 because Safari waits for a body otherwise.
      reply.code(204).header('content-length', '0').send()
    })

    // The gateway decides alone: what the upstream says of CORS would widen the rule, or stand there twice.
    deps.onResponseHead((request, head) => {
      const reply = (request as WithReply)[REPLY]
      if (reply === null) return
      // @fastify/cors sets the other fields for a foreign origin too; without this one they only tell what is configured.
      const granted = reply.getHeader('access-control-allow-origin') !== undefined
      for (const name of FIELDS) {
        const own = granted ? reply.getHeader(name) : undefined
        if (own !== undefined) head.set(name, String(own))
        else if (head.get(name) !== undefined) head.remove(name)
      }
    })
  }
})

/** Fetch standard, section 4.8: an OPTIONS request with both fields. */
function isPreflight(request: FastifyRequest): boolean {
  return request.headers.origin !== undefined && request.headers['access-control-request-method'] !== undefined
}
