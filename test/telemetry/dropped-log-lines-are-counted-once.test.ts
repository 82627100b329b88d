import t from 'tap'
import { createMetrics } from '../../src/telemetry/metrics.ts'

t.test('each dropped line is counted once, however often metrics are asked for', async (t) => {
  const metrics = createMetrics()
  let dropped = 0
  metrics.observeLog(() => dropped)
  const told = async (): Promise<string | undefined> =>
    /^sallyport_log_lines_dropped_total (.*)$/m.exec([...(await metrics.exposition())].join(''))?.[1]
  t.equal(await told(), '0')
  dropped = 3
  t.equal(await told(), '3')
  t.equal(await told(), '3')
  dropped = 5
  t.equal(await told(), '5')
})
