import type { ServiceApp } from './type-provider.ts'

/**
 * A connection that is idle when the service stops is closed by Node; one that finishes its last request afterwards
 * would stay open until its keep-alive time ends and hold up the stop for as long.
 */
export function closeConnectionsOnStop(app: ServiceApp): void {
  let stopping = false
  app.addHook('preClose', async () => {
    stopping = true
  })
  app.addHook('onSend', async (_request, reply) => {
    if (stopping) reply.header('connection', 'close')
  })
  app.addHook('onResponse', async () => {
    // For an answer whose head had left before the stop began. The socket turns idle after this hook.
    if (stopping)
      setImmediate(() => {
        app.server.closeIdleConnections()
      })
  })
}
