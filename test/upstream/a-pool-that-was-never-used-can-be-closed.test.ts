import t from 'tap'
import { createEndpointPool } from '../../src/upstream/endpoint-pool.ts'
import type { AttemptSink } from '../../src/proxy/ports.ts'

t.test('a pool that has had no request is closed at once, and refuses what comes after it', async (t) => {
  const options = { origin: 'http://127.0.0.1:1', connectMs: 1000, responseMs: 1000, idleMs: 1000, tls: null }
  const pool = createEndpointPool(options, null)
  t.equal(pool.connected, 0)
  await pool.close()

  const failure = await new Promise<unknown>((resolve) => {
    const nothing = (): void => {}
    const sink: AttemptSink = {
      onStart: nothing,
      onInformation: nothing,
      onHead: nothing,
      onData: nothing,
      onEnd: nothing,
      onUpgrade: nothing,
      onFailure: resolve
    }
    pool.send({ method: 'GET', target: '/', headers: [], body: null, upgrade: null }, sink)
  })
  t.match(failure, { kind: 'connect-failure', error: { code: 'UND_ERR_CLOSED' } })
})
