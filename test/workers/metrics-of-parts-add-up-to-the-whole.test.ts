import assert from 'node:assert/strict'
import { Registry } from 'prom-client'
import t from 'tap'
import { writeExposition } from '../../src/telemetry/exposition.ts'
import { mergeMetrics } from '../../src/telemetry/merge.ts'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import fc from '../support/property.ts'

/** What one worker counts, told to any metrics. */
type Deed = (metrics: Recorded) => void

/** A worker's metrics with series bound once, as a generation binds them. */
interface Recorded {
  readonly registry: Registry
  readonly metrics: Metrics
  readonly routes: readonly ReturnType<Metrics['route']>[]
  readonly upstreams: readonly ReturnType<Metrics['upstream']>[]
}

const NAMES = ['orders', 'a "quoted" \\ name\n']

function record(): Recorded {
  const registry = new Registry()
  const metrics = createMetrics(registry)
  return { registry, metrics, routes: NAMES.map((name) => metrics.route(name)), upstreams: NAMES.map((name) => metrics.upstream(name)) }
}

// Eighths: their sums are exact in any order.
const ms = fc.integer({ min: 0, max: 500 }).map((n) => n * 125)
const which = fc.integer({ min: 0, max: 1 })
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ which, method: fc.constantFrom('GET', 'POST', 'BREW'), status: fc.constantFrom(200, 404, 503), ms }).map(
    ({ which, method, status, ms }): Deed =>
      ({ routes }) =>
        routes[which]?.metrics.complete(method, status, ms, ms)
  ),
  fc.record({ which, outcome: fc.constantFrom('success', 'timeout'), ms }).map(
    ({ which, outcome, ms }): Deed =>
      ({ upstreams }) =>
        upstreams[which]?.metrics.attempt(outcome, ms)
  ),
  fc.constantFrom<Deed>(
    ({ metrics }) => metrics.limitEvicted(),
    ({ metrics }) => metrics.clientTimeout('body'),
    ({ metrics }) => metrics.pluginCounter('decisions_total', 'Decisions', { policy: 'p' }).metrics.inc(1),
    ({ metrics }) => metrics.streams.opened('websocket')
  )
)

/** Of the gateway itself, in an order of its own. */
function ownLines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('sallyport_') && !line.startsWith('sallyport_event_loop'))
    .toSorted()
}

t.test('what workers count adds up to what one would have counted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(deed, { maxLength: 30 }), { minLength: 1, maxLength: 4 }), async (workers) => {
      const whole = record()
      const parts = workers.map((deeds, index) => {
        const part = record()
        for (const run of deeds) for (const to of [part, whole]) run(to)
        return { part, worker: String(index) }
      })
      const snapshots = await Promise.all(
        parts.map(async ({ part, worker }) => ({ worker, metrics: structuredClone(await part.metrics.snapshot()) }))
      )
      const merged = [...writeExposition(mergeMetrics(snapshots))].join('')
      assert.deepEqual(ownLines(merged), ownLines(await whole.registry.metrics()))
    }),
    { numRuns: 20 }
  )
})

t.test('metrics of one worker are written as its own registry writes them', async (t) => {
  const { registry, metrics, routes, upstreams } = record()
  metrics.observeBreakers(() => [{ upstream: 'orders', route: '', state: 2 }])
  metrics.observeBulkheads(() => [{ upstream: 'orders', route: '', running: 1, queued: 0, limit: Infinity }])
  for (const { metrics: route } of routes) route.complete('GET', 200, 3, 0.3)
  for (const { metrics: upstream } of upstreams) upstream.ejected('failure-ratio')
  const mark = (text: string): readonly string[] => text.split('\n').map((line) => (isOwn(line) ? line : line.replace(/ \S+$/, '')))
  const isOwn = (line: string): boolean => /^#|^sallyport_(?!event_loop)/.test(line)
  // A garbage collection between the two would be a series more.
  const withoutPauses = (lines: readonly string[]): readonly string[] => lines.filter((line) => !/^nodejs_gc|^nodejs_active/.test(line))
  const written = [...writeExposition(structuredClone(await metrics.snapshot()))].join('')
  t.same(withoutPauses(mark(written)), withoutPauses(mark(await registry.metrics())))
  t.match(written, 'sallyport_bulkhead_limit{upstream="orders",route=""} +Inf')
})
