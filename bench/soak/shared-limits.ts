/**
 * Eight gateways, each a process of its own, share one Redis; fifty clients of each send at once. Of every limit exactly as many requests pass as it
 * allows, whatever the algorithm. Needs `redis-server` on the PATH.
 *
 *     node bench/soak/shared-limits.ts [runs=20] [gateways=8] [clients=50] [limit=100]
 *
 * With `--lease` gateways take units in shares: every algorithm is then put under a flood in short windows, and what is told is by how much the
 * worst stretch of time exceeded the limit, and how many questions Redis was asked for each request.
 *
 *     node bench/soak/shared-limits.ts --lease [seconds=10] [units=20] [for=100] [gateways=8] [clients=10] [limit=400]
 */
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import type { GatewayProcess } from '../../test/support/gateway-process.ts'
import { redisMissing, startRedis } from '../../test/support/redis.ts'
import { HEAD, Scene } from './kit.ts'
import { soakLeases } from './leased-limits.ts'

const ALGORITHMS = ['gcra', 'sliding-window', 'fixed-window'] as const
/** Requests of each client in one run, one after another. */
const EACH = 3

const numberOf = (name: string, usual: number): number =>
  Number(process.argv.find((argument) => argument.startsWith(`${name}=`))?.slice(name.length + 1) ?? usual)

const isLeased = process.argv.includes('--lease')
const [runs, gatewayCount] = [numberOf('runs', 20), numberOf('gateways', 8)]
const [clients, limit] = [numberOf('clients', isLeased ? 10 : 50), numberOf('limit', isLeased ? 400 : 100)]

/** By a field that each run has a value of its own in, so that runs begin with nothing counted; windows so long that nothing comes back. */
function documentOf(origin: string, redis: string): string {
  const routes = ALGORITHMS.map(
    (algorithm) =>
      `  - { name: ${algorithm}, match: { path: /${algorithm} }, upstream: origin, plugins: { rate-limit: { limit: ${limit}, window: 1d, algorithm: ${algorithm}, by: { header: x-run }, onStoreError: deny } } }`
  )
  return `${HEAD}redis: { url: "${redis}", timeout: 10s }
upstreams: { origin: { endpoints: ["${origin}"] } }
routes:
${routes.join('\n')}
`
}

/** Statuses of one client's requests, over a connection of its own. */
async function client(url: string, run: string): Promise<readonly number[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const statuses: number[] = []
  for (let i = 0; i < EACH; i++) {
    statuses.push(
      await new Promise<number>((resolve, reject) => {
        const request = http.get(url, { agent, headers: { 'x-run': run } }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode ?? 0))
        })
        request.once('error', reject)
      })
    )
  }
  agent.destroy()
  return statuses
}

if (isLeased)
  await soakLeases({ seconds: numberOf('seconds', 10), units: numberOf('units', 20), forMs: numberOf('for', 100), gatewayCount, clients, limit })
else
  await Scene.run(`limits shared by ${gatewayCount} gateways`, async (scene) => {
    const missing = redisMissing()
    if (missing !== false) throw new Error(missing)
    const redis = await startRedis(scene)
    const origin = await scene.origin((_request, response) => response.end())
    writeFileSync(scene.file, documentOf(origin.url, redis.url))
    const gateways: GatewayProcess[] = []
    // One after another: they would take each other's time to start.
    while (gateways.length < gatewayCount) gateways.push(await scene.gateway())
    for (const algorithm of ALGORITHMS) {
      let misses = 0
      const started = performance.now()
      for (let run = 0; run < runs; run++) {
        const urls = gateways.flatMap(({ url }) => Array.from({ length: clients }, () => `${url}/${algorithm}`))
        const statuses = (await Promise.all(urls.map((url) => client(url, `run-${run}`)))).flat()
        const passed = statuses.filter((status) => status === 200).length
        const refused = statuses.filter((status) => status === 429).length
        const isExact = passed === Math.min(limit, statuses.length) && passed + refused === statuses.length
        if (!isExact) console.log(`    ${algorithm}, run ${run}: ${passed} passed, ${refused} refused of ${statuses.length}`)
        misses += isExact ? 0 : 1
      }
      const requests = runs * gatewayCount * clients * EACH
      const seconds = (performance.now() - started) / 1000
      scene.expect(`${algorithm}: exactly ${limit} pass in each of ${runs} runs (${requests} requests, ${seconds.toFixed(1)} s)`, misses === 0)
    }
  })
