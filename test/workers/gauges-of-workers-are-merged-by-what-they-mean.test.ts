import { Gauge, Histogram, Registry } from 'prom-client'
import t from 'tap'
import { writeExposition } from '../../src/telemetry/exposition.ts'
import { mergeMetrics } from '../../src/telemetry/merge.ts'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import { snapshotRegistry } from '../../src/telemetry/registry-snapshot.ts'

interface Told {
  readonly connections: number
  readonly breaker: 0 | 1 | 2
  readonly redis: boolean
  readonly available: number
}

function workerOf({ connections, breaker, redis, available }: Told): Metrics {
  const metrics = createMetrics()
  const owner = { upstream: 'orders', route: '' }
  metrics.observeConnections(() => [['main', connections]])
  metrics.observeBreakers(() => [{ ...owner, state: breaker }])
  metrics.observeBulkheads(() => [{ ...owner, running: 2, queued: 1, limit: 10 }])
  metrics.observeUpstreams(() => [{ upstream: 'orders', endpoints: { available, ejected: 2 - available }, inFlight: 3 }])
  metrics.observeRedis(() => redis)
  metrics.observeDiscovery(() => [{ provider: 'dns', service: 's', lastSuccessSeconds: 5, stale: 1, held: 0, skipped: 0 }])
  metrics.generation('abc')
  metrics.reload('applied')
  return metrics
}

async function merge(parts: readonly (readonly [worker: string, metrics: Metrics])[]): Promise<string> {
  return [
    ...writeExposition(mergeMetrics(await Promise.all(parts.map(async ([worker, metrics]) => ({ worker, metrics: await metrics.snapshot() })))))
  ].join('')
}

t.test('each gauge of several workers is merged by what it means', async (t) => {
  const supervisor = createMetrics()
  supervisor.observeDiscovery(() => [{ provider: 'dns', service: 's', lastSuccessSeconds: 9, stale: 0, held: 0, skipped: 0 }])
  const second = workerOf({ connections: 5, breaker: 1, redis: false, available: 1 })
  second.reload('rejected')
  const text = await merge([
    ['supervisor', supervisor],
    ['0', workerOf({ connections: 4, breaker: 0, redis: true, available: 2 })],
    ['1', second]
  ])
  const lines = text.split('\n')
  for (const line of [
    'sallyport_connections_open{listener="main"} 9',
    'sallyport_circuit_breaker_state{upstream="orders",route=""} 1',
    'sallyport_bulkhead_running{upstream="orders",route=""} 4',
    'sallyport_bulkhead_limit{upstream="orders",route=""} 20',
    'sallyport_upstream_in_flight{upstream="orders"} 6',
    'sallyport_upstream_endpoints{upstream="orders",state="available"} 2',
    'sallyport_upstream_endpoints{upstream="orders",state="ejected"} 1',
    'sallyport_redis_up 0',
    'sallyport_discovery_stale{provider="dns",service="s"} 0',
    'sallyport_discovery_last_success_timestamp_seconds{provider="dns",service="s"} 9',
    'sallyport_config_generation_info{hash="abc"} 1',
    'sallyport_config_reloads_total{result="applied"} 1',
    'sallyport_config_last_reload_successful 0'
  ]) {
    t.ok(lines.includes(line), line)
  }
  t.equal(lines.filter((line) => line.startsWith('process_cpu_seconds_total ')).length, 1, 'there is one process')
  for (const name of ['nodejs_heap_size_used_bytes', 'sallyport_event_loop_utilization']) {
    const threads = lines.filter((line) => line.startsWith(`${name}{`)).map((line) => /worker="(\w+)"/.exec(line)?.[1])
    t.same(threads, ['supervisor', '0', '1'], name)
  }
  const types = lines.filter((line) => line.startsWith('# TYPE '))
  t.equal(new Set(types).size, types.length, 'each metric stands there once')
})

t.test("prom-client's own histograms and labels are taken over as they are", async (t) => {
  const registry = new Registry()
  const registers = [registry]
  const pauses = new Histogram({ name: 'pauses', help: 'Two\nlines', labelNames: ['kind'], buckets: [0.001, 0.1], registers })
  for (const [kind, value] of [
    ['minor', 0.5],
    ['minor', 0.01],
    ['major', 0.0005],
    ['minor', 0.01]
  ] as const) {
    pauses.observe({ kind }, value)
  }
  new Gauge({ name: 'odd', help: 'Odd', labelNames: ['text'], registers }).set({ text: 'a"\\\n' }, Number.NaN)
  t.equal([...writeExposition(await snapshotRegistry(registry))].join(''), await registry.metrics())
})
