import type { FastifyReply, FastifyRequest } from 'fastify'
import { definePlugin, gatewayError, sizeBytes, type GatewayError } from '../../src/plugin-api/index.ts'
import { schema } from './schema.ts'

export default definePlugin({
  name: 'request-size',
  phase: 'limit',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,

  async register(app, config, deps) {
    const maxBytes = sizeBytes(config.max)
    const refused = await deps.perRoute(({ name }) =>
      deps.metrics.counter('request_size_refused_total', 'Requests refused by the length that they announce.', { route: name })
    )

    app.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: (error?: GatewayError) => void) => {
      const length = request.headers['content-length']
      if (length !== undefined && Number(length) > maxBytes) {
        refused(request).inc()
        return done(gatewayError('SP_BODY_TOO_LARGE', { detail: `The body may have ${maxBytes} bytes.` }))
      }
      // A body that does not say its length is counted by the gateway: nobody else sees it go by.
      request.gateway.limitBody(maxBytes)
      done()
    })
  }
})
