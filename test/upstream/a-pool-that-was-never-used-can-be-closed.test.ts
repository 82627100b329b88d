import t from 'tap'
import { createEndpointPool } from '../../src/upstream/endpoint-pool.ts'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import type { AttemptSink } from '../../src/proxy/ports.ts'
import { Sweep } from '../../src/proxy/sweep.ts'

t.test('a pool that has had no request is closed at once, and refuses what comes after it', async (t) => {
  const options = { origin: 'http://127.0.0.1:1', connectMs: 1000, responseMs: 1000, tls: null }
  const clock = new FakeClock()
  const pool = createEndpointPool(options, { clock, sweep: new Sweep(clock), memory: null })
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
  t.match(failure, { kind: 'connect-failure', error: { message: 'the pool is closed' } })
})
