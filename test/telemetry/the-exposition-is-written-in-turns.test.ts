import { Registry } from 'prom-client'
import t from 'tap'
import { createMetrics } from '../../src/telemetry/metrics.ts'

const ROUTES = 300

t.test('the exposition is what the registry would write, and written in turns', async (t) => {
  const registry = new Registry()
  const metrics = createMetrics(registry)
  metrics.generation('abc')
  metrics.observeUpstreams(() => [{ upstream: 'orders', endpoints: { available: 2 }, inFlight: 3 }])
  for (let route = 0; route < ROUTES; route++) metrics.route(`r${route} "quoted" \\`).metrics.complete('GET', 200, route, 0.25)
  let turns = 0
  const turn = (): Promise<void> => {
    turns++
    return Promise.resolve()
  }
  const written = [...(await metrics.exposition(turn))].join('')
  t.same(ownLines(written), ownLines(await registry.metrics()))
  t.ok(turns > 3 * ROUTES, `each series of the three families may be the last one of a turn: ${turns}`)
  t.match(written, 'sallyport_http_request_duration_seconds_bucket{le="+Inf",route="r7 \\"quoted\\" \\\\"} 1')
})

/** What Node tells of itself changes from one look to the next. */
function ownLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line === '' || (line.includes('sallyport_') && !line.includes('event_loop')))
}
