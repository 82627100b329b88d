// 500 keep-alive connections under constant load through 20 reloads lose nothing; 200 more leave no descriptor and no memory behind.
import { renameSync, writeFileSync } from 'node:fs'
import { eventually } from '../../test/support/client.ts'
import type { GatewayProcess } from '../../test/support/gateway-process.ts'
import { COLLECT_ON_SIGNAL, HEAD, heapMib, median, metric, openDescriptors, Scene } from './kit.ts'
import { Load } from './load.ts'

const CONNECTIONS = 500
const REQUESTS_PER_SECOND = 2000
const REQUESTS_WHILE_COUNTING = 200
const RELOADS_UNDER_LOAD = 20
const RELOADS_FOR_LEAKS = 200
const COMPARED = 20
const MAX_HEAP_GROWTH = 1.05
const MAX_MORE_DESCRIPTORS = 2

/** Every round differs in what is built anew: a plugin's settings, a limit, each second time a pool, each third time a route. */
function documentOf(round: number, originUrl: string): string {
  const extra = round % 3 === 0 ? `\n  - { name: extra-${round}, match: { path: /extra-${round} }, upstream: origin }` : ''
  return `${HEAD}telemetry: { log: { access: false } }
plugins: { request-id: {}, headers: { response: { set: { x-round: "${round}" } } } }
upstreams: { origin: { endpoints: ["${originUrl}"], timeouts: { idle: ${60 + Math.floor(round / 2)}s } } }
routes:
  - { name: all, match: { path: /load }, upstream: origin, plugins: { rate-limit: { limit: ${1_000_000 + round}, window: 1h } } }${extra}
`
}

await Scene.run('reload-under-load', async (scene) => {
  const origin = await scene.origin((_request, response) => response.end('served'))
  writeFileSync(scene.file, documentOf(0, origin.url))
  const gateway = await scene.gateway(COLLECT_ON_SIGNAL)
  const pid = gateway.child.pid as number
  const load = new Load(gateway.port, CONNECTIONS, REQUESTS_PER_SECOND)
  scene.teardown(() => load.stop())
  await load.start()

  const from = performance.now()
  for (let round = 1; round <= RELOADS_UNDER_LOAD; round++) {
    await reload(scene.file, round, origin.url, gateway)
    const seen = load.answered
    await eventually(() => load.answered >= seen + CONNECTIONS, 10_000)
  }
  const seconds = (performance.now() - from) / 1000
  console.log(`  ${load.answered} requests over ${CONNECTIONS} connections in ${seconds.toFixed(1)} s, slowest ${Math.round(load.slowestMs)} ms`)
  scene.expect(
    `${RELOADS_UNDER_LOAD} reloads under load, ${load.failures.length} failed requests ${load.failures.slice(0, 3).join(', ')}`,
    load.failures.length === 0
  )

  load.perSecond = REQUESTS_WHILE_COUNTING
  const heap: number[] = []
  const descriptors: number[] = []
  for (let round = 1; round <= RELOADS_FOR_LEAKS; round++) {
    await reload(scene.file, RELOADS_UNDER_LOAD + round, origin.url, gateway)
    heap.push(await heapMib(gateway))
    descriptors.push(openDescriptors(pid))
  }
  const [heapBefore, heapAfter] = firstAndLast(heap)
  const [openBefore, openAfter] = firstAndLast(descriptors)
  scene.expect(
    `${RELOADS_FOR_LEAKS} reloads, heap ${heapBefore.toFixed(2)} MiB before, ${heapAfter.toFixed(2)} after`,
    heapAfter < heapBefore * MAX_HEAP_GROWTH
  )
  scene.expect(`open descriptors ${openBefore} before, ${openAfter} after`, openAfter <= openBefore + MAX_MORE_DESCRIPTORS)
  scene.expect(`${load.answered} requests in all, ${load.failures.length} failed`, load.failures.length === 0)
  const rejected = await metric(gateway, 'sallyport_config_reloads_total{result="rejected"}')
  scene.expect(`${rejected} reloads rejected`, rejected === 0)
})

/** Replaces the file as a deployment does and waits until the gateway has taken it. */
async function reload(file: string, round: number, originUrl: string, gateway: GatewayProcess): Promise<void> {
  writeFileSync(`${file}.new`, documentOf(round, originUrl))
  renameSync(`${file}.new`, file)
  await eventually(async () => (await metric(gateway, 'sallyport_config_reloads_total{result="applied"}')) === round, 10_000)
}

function firstAndLast(samples: readonly number[]): [number, number] {
  return [median(samples.slice(0, COMPARED)), median(samples.slice(-COMPARED))]
}
