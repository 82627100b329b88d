import { definePlugin } from '../../src/plugin-api/index.ts'
import { acceptIncomingId } from './incoming-id.ts'
import { schema } from './schema.ts'

export default definePlugin({
  name: 'request-id',
  phase: 'edge',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,

  register(app, config, deps) {
    const header = config.header.toLowerCase()
    const { trustIncoming } = config

    app.addHook('onRequest', (request, _reply, done) => {
      const { gateway } = request
      const incoming = trustIncoming ? acceptIncomingId(request.headers[header]) : null
      // Otherwise the gateway's own id stays: it is unique already and stands in what was logged so far.
      if (incoming !== null) gateway.id = incoming
      gateway.setRequestHeader(header, gateway.id)
      done()
    })
    // Not reply.header(): an earlier plugin's refusal must carry the id as well.
    deps.onResponseHead((request, head) => {
      head.set(header, request.gateway.id)
    })
  }
})
