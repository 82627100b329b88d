/**
 * Half an hour of constant load, `--minutes` for another time: a standard chain on each request, answers of four sizes, bodies, clients that go
 * away, always the same number of requests a second. Resident memory and open descriptors stay where they are.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import { parseArgs } from 'node:util'
import { HEAD, median, metric, openDescriptors, residentMib, Scene } from './kit.ts'
import { openLoop, percentile, type Seen } from './open-loop.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, rate: { type: 'string', default: '300' }, workers: { type: 'string', default: '1' } }
})
const MINUTES = Number(values.minutes)
const RATE = Number(values.rate)

/** By the last segment of the path, and how many of a hundred requests ask for it. */
const ANSWERS: Readonly<Record<string, { readonly bytes: number; readonly share: number }>> = {
  small: { bytes: 110, share: 80 },
  middling: { bytes: 10 * 1024, share: 15 },
  large: { bytes: 256 * 1024, share: 4 },
  huge: { bytes: 1024 * 1024, share: 1 }
}
const ABORTS_PER_SECOND = 2
/** What garbage that is not collected yet may make of a median over a third of the time. */
const MAX_GROWTH_MIB = 24
const MAX_MORE_DESCRIPTORS = 8

const bodies = new Map(Object.entries(ANSWERS).map(([name, { bytes }]) => [`/${name}`, Buffer.alloc(bytes, 'x')]))
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

function tokenOf(sub: string): string {
  const [head, claims] = [
    { alg: 'RS256', typ: 'JWT' },
    { sub, exp: Math.floor(Date.now() / 1000) + 86_400 }
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  return `${head}.${claims}.${sign('RSA-SHA256', Buffer.from(`${head}.${claims}`), privateKey).toString('base64url')}`
}

function documentOf(origins: readonly string[]): string {
  return `${HEAD}workers: ${values.workers}
telemetry: { log: { access: true } }
plugins:
  request-id: {}
  jwt: { publicKey: ${JSON.stringify(publicKey.export({ type: 'spki', format: 'pem' }))}, algorithms: [RS256], claimsToHeaders: { x-user: sub } }
  rate-limit: { limit: 1000000, window: 1m, by: { claim: sub } }
upstreams: { origin: { endpoints: ${JSON.stringify(origins)}, circuitBreaker: {}, healthCheck: { path: /small, interval: 1s, timeout: 500ms } } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]
`
}

/** Goes away when the head has come, or before. */
function abort(url: string, headers: Readonly<Record<string, string>>, afterHead: boolean): void {
  const request = http.get(`${url}/huge`, { headers, agent: false }).on('error', () => {})
  if (afterHead) request.on('response', () => request.destroy())
  else request.on('socket', (socket) => socket.once('connect', () => setImmediate(() => request.destroy())))
}

await Scene.run('constant-load', async (scene) => {
  const origins: string[] = []
  for (let i = 0; i < 2; i++) origins.push((await scene.origin((request, response) => response.end(bodies.get(request.url ?? '') ?? 'ok'))).url)
  writeFileSync(scene.file, documentOf(origins))
  const gateway = await scene.gateway()
  const pid = gateway.child.pid as number
  const headers = Array.from({ length: 50 }, (_, i) => ({ authorization: `Bearer ${tokenOf(`user-${i}`)}` }))
  let aborts = 0
  const aborting = setInterval(() => abort(gateway.url, headers[aborts % 50] ?? {}, aborts++ % 2 === 0), 1000 / ABORTS_PER_SECOND)
  const resident: number[] = []
  const descriptors: number[] = []
  const sampling = setInterval(() => {
    resident.push(residentMib(pid))
    descriptors.push(openDescriptors(pid))
  }, 2000)
  scene.teardown(() => [aborting, sampling].forEach(clearInterval))
  let [requests, failures, slowest] = [0, 0, 0]
  for (let minute = 1; minute <= MINUTES; minute++) {
    const loads = Object.entries(ANSWERS).map(([name, { share }], i) =>
      openLoop(`${gateway.url}/${name}`, {
        rate: Math.max(1, Math.round((RATE * share) / 100)),
        seconds: 60,
        headers: headers[(minute + i) % 50] ?? {}
      })
    )
    const seen: Seen[] = (await Promise.all(loads)).flat()
    requests += seen.length
    failures += seen.filter(({ status }) => status !== 200).length
    slowest = Math.max(slowest, percentile(seen, 99))
    console.log(
      `  minute ${minute}: ${seen.length} requests, p99 ${percentile(seen, 99).toFixed(1)} ms, RSS ${median(resident.slice(-30)).toFixed(0)} MiB, ${median(descriptors.slice(-30))} descriptors`
    )
  }
  clearInterval(aborting)
  const third = Math.floor(resident.length / 3)
  // The first minutes are those in which code is compiled and the young generation grows.
  const [before, after] = [resident.slice(Math.min(third, 60), 2 * third), resident.slice(-third)].map(median) as [number, number]
  const [openBefore, openAfter] = [descriptors.slice(Math.min(third, 60), 2 * third), descriptors.slice(-third)].map(median) as [number, number]
  scene.expect(`${failures} of ${requests} requests failed, ${aborts} went away, p99 of the slowest minute ${slowest.toFixed(1)} ms`, failures === 0)
  scene.expect(`RSS ${before.toFixed(0)} → ${after.toFixed(0)} MiB, at most ${MAX_GROWTH_MIB} more`, after - before <= MAX_GROWTH_MIB)
  scene.expect(`descriptors ${openBefore} → ${openAfter}, at most ${MAX_MORE_DESCRIPTORS} more`, openAfter - openBefore <= MAX_MORE_DESCRIPTORS)
  const inFlight = await metric(gateway, 'sallyport_upstream_in_flight{upstream="origin"}')
  scene.expect(`${inFlight} attempts are still running`, inFlight === 0)
})
