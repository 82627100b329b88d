import { writeFileSync } from 'node:fs'
import http from 'node:http'
import type { GatewayProcess } from '../../test/support/gateway-process.ts'
import { redisMissing, startRedis } from '../../test/support/redis.ts'
import { HEAD, Scene } from './kit.ts'

export interface LeaseSoak {
  readonly seconds: number
  readonly units: number
  readonly forMs: number
  readonly gatewayCount: number
  readonly clients: number
  /** In a second. */
  readonly limit: number
}

const ALGORITHMS = ['gcra', 'sliding-window', 'fixed-window'] as const
const WINDOW_MS = 1000

/** Clients that send one request after the other. Returns when those were sent that passed, and how many were refused. */
async function flood(url: string, untilMs: number): Promise<{ readonly passedMs: readonly number[]; readonly refused: number }> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const passedMs: number[] = []
  let refused = 0
  while (performance.now() < untilMs) {
    const status = await new Promise<number>((resolve, reject) => {
      const request = http.get(url, { agent }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0))
      })
      request.once('error', reject)
    })
    if (status === 200) passedMs.push(performance.now())
    else if (status === 429) refused++
    else throw new Error(`${url} answered with ${status}`)
  }
  agent.destroy()
  return { passedMs, refused }
}

/** The most in any stretch that is shorter than a window. */
function mostInWindow(times: readonly number[]): number {
  let most = 0
  let first = 0
  for (const [last, time] of times.entries()) {
    while (time - (times[first] as number) >= WINDOW_MS) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

function documentOf(origin: string, redis: string, { limit, units, forMs }: LeaseSoak): string {
  const routes = ALGORITHMS.flatMap((algorithm) =>
    ['exact', 'leased'].map((kind) => {
      const lease = kind === 'leased' ? `, lease: { units: ${units}, for: ${forMs}ms }` : ''
      return `  - { name: ${algorithm}-${kind}, match: { path: /${algorithm}/${kind} }, upstream: origin, plugins: { rate-limit: { limit: ${limit}, window: ${WINDOW_MS}ms, algorithm: ${algorithm}, by: route, onStoreError: deny${lease} } } }`
    })
  )
  return `${HEAD}redis: { url: "${redis}", timeout: 10s }
upstreams: { origin: { endpoints: ["${origin}"] } }
routes:
${routes.join('\n')}
`
}

export async function soakLeases(soak: LeaseSoak): Promise<void> {
  const { seconds, units, forMs, gatewayCount, clients, limit } = soak
  await Scene.run(`limits leased by ${gatewayCount} gateways, ${units} units for ${forMs} ms`, async (scene) => {
    const missing = redisMissing()
    if (missing !== false) throw new Error(missing)
    const redis = await startRedis(scene)
    const origin = await scene.origin((_request, response) => response.end())
    writeFileSync(scene.file, documentOf(origin.url, redis.url, soak))
    const gateways: GatewayProcess[] = []
    while (gateways.length < gatewayCount) gateways.push(await scene.gateway())
    const questions = async (): Promise<number> =>
      [...(await redis.admin.info('commandstats')).matchAll(/cmdstat_evalsha:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
    for (const algorithm of ALGORITHMS) {
      for (const kind of ['exact', 'leased']) {
        const before = await questions()
        const untilMs = performance.now() + seconds * 1000
        const urls = gateways.flatMap(({ url }) => Array.from({ length: clients }, () => `${url}/${algorithm}/${kind}`))
        const floods = await Promise.all(urls.map((url) => flood(url, untilMs)))
        const passed = floods.flatMap(({ passedMs }) => passedMs).sort((a, b) => a - b)
        const requests = passed.length + floods.reduce((sum, { refused }) => sum + refused, 0)
        const asked = (await questions()) - before
        const own = algorithm === 'sliding-window' ? limit : 2 * limit
        const worst = mostInWindow(passed)
        const told = `${requests} requests (${Math.round(requests / seconds)}/s), ${passed.length} passed, ${(asked / requests).toFixed(3)} questions for each`
        // Clients see an answer up to as many requests later as are under way.
        const most = own + (kind === 'leased' ? gatewayCount * units : 0) + gatewayCount * clients
        scene.expect(`${algorithm}, ${kind}: ${told}; at most ${worst} in a second, ${Math.max(0, worst - own)} above ${own}`, worst <= most)
      }
    }
  })
}
