// The keys of an issuer under load: a thousand first requests, ten thousand unknown keys, and an issuer that dies. About 40 s.
import { writeFileSync } from 'node:fs'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { eventually } from '../../test/support/client.ts'
import { compact, type SigningKey, signingKey } from '../../test/support/jwks.ts'
import { HEAD, metric, Scene } from './kit.ts'
import { openLoop, percentile } from './open-loop.ts'

const FIRST = 1_000
const UNKNOWN = 10_000
const CONNECTIONS = 100
const RATE = 200
const AWAY_S = 8
/** However many unknown keys come, the set is fetched for them once in this time. */
const COOLDOWN_S = 30

interface Issuer {
  readonly port: number
  /** Fetches of each path so far. */
  readonly fetches: Map<string, number>
  keys: readonly SigningKey[]
  stop(): void
}

/** Answers `/slow` only after two seconds. */
async function startIssuer(scene: Scene, keys: readonly SigningKey[], port = 0): Promise<Issuer> {
  const fetches = new Map<string, number>()
  const issuer = { keys }
  const server = http.createServer((request, response) => {
    const path = request.url ?? ''
    fetches.set(path, (fetches.get(path) ?? 0) + 1)
    void setTimeout(path === '/slow' ? 2_000 : 0).then(() => response.end(JSON.stringify({ keys: issuer.keys.map(({ jwk }) => jwk) })))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const stop = (): void => {
    server.close()
    server.closeAllConnections()
  }
  scene.teardown(stop)
  return Object.assign(issuer, { port: (server.address() as AddressInfo).port, fetches, stop })
}

function tokenOf({ privateKey, kid }: SigningKey, named = kid): string {
  return compact({ alg: 'ES256', kid: named }, { sub: 'alice', exp: Math.floor(Date.now() / 1000) + 3_600 }, privateKey)
}

const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS })

async function status(url: string, token: string, through: http.Agent | false = agent): Promise<number> {
  const request = http.get(url, { agent: through, headers: { authorization: `Bearer ${token}` } })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  response.resume()
  await once(response, 'end')
  return response.statusCode ?? 0
}

function counted(statuses: readonly number[]): string {
  return JSON.stringify(Object.fromEntries([...new Set(statuses)].map((one) => [one, statuses.filter((other) => other === one).length])))
}

/** All of them, as many at a time as there are connections. */
async function flood(count: number, run: (index: number) => Promise<number>): Promise<readonly number[]> {
  const statuses: number[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) statuses.push(await run(next++))
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  return statuses
}

await Scene.run('JWKS', async (scene) => {
  let hits = 0
  const origin = await scene.origin((_request, response) => {
    hits++
    response.end('fine')
  })
  const key = signingKey('k1')
  const issuer = await startIssuer(scene, [key])
  const route = (name: string, refresh: string): string =>
    `  - { name: ${name}, match: { path: /${name} }, upstream: origin, plugins: { jwt: { jwks: { url: "http://127.0.0.1:${issuer.port}/${name}", refresh: ${refresh}, wait: 10s }, cacheSize: 0 } } }`
  writeFileSync(
    scene.file,
    `${HEAD}telemetry: { log: { access: false } }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
${route('slow', '10m')}
${route('flood', '10m')}
${route('away', '1s')}`
  )
  const gateway = await scene.gateway()
  const fetches = (path: string): number => issuer.fetches.get(path) ?? 0

  const token = tokenOf(key)
  const began = performance.now()
  const first = await Promise.all(Array.from({ length: FIRST }, () => status(`${gateway.url}/slow`, token, false)))
  const took = Math.round(performance.now() - began)
  scene.expect(`${FIRST} first requests at once: ${counted(first)} in ${took} ms`, first.every((one) => one === 200) && first.length === FIRST)
  scene.expect(`the slow issuer was asked ${fetches('/slow')} time(s)`, fetches('/slow') === 1)

  const [hitsBefore, fetchedBefore, floodBegan] = [hits, fetches('/flood'), performance.now()]
  const unknown = await flood(UNKNOWN, (index) => status(`${gateway.url}/flood`, tokenOf(key, `nobody-${index}`)))
  const floodMs = performance.now() - floodBegan
  const most = 1 + Math.floor(floodMs / 1000 / COOLDOWN_S)
  const asked = fetches('/flood') - fetchedBefore
  scene.expect(
    `${UNKNOWN} unknown keys: ${counted(unknown)} in ${Math.round(floodMs)} ms`,
    unknown.every((one) => one === 401)
  )
  scene.expect(`the issuer was asked ${asked} time(s) for them, of at most ${most}`, asked >= 1 && asked <= most)
  scene.expect(`${hits - hitsBefore} of them reached the upstream`, hits === hitsBefore)
  scene.expect('a known key is good all the same', (await status(`${gateway.url}/flood`, token)) === 200)

  const failed = `sallyport_jwks_fetches_total{host="127.0.0.1:${issuer.port}",result="failed"}`
  const load = openLoop(`${gateway.url}/away`, { rate: RATE, seconds: AWAY_S, headers: { authorization: `Bearer ${tokenOf(key)}` } })
  await setTimeout(1_000)
  issuer.stop()
  await eventually(async () => (await metric(gateway, failed)) > 1, 10_000)
  const seen = await load
  const good = seen.filter(({ status: one }) => one === 200).length
  scene.expect(`issuer killed: ${good} of ${seen.length} with a known key are good, p99 ${percentile(seen, 99).toFixed(1)} ms`, good === seen.length)
  scene.expect('an unknown key is refused', (await status(`${gateway.url}/away`, tokenOf(key, 'k2'))) === 401)
  const newer = signingKey('k2')
  await startIssuer(scene, [newer], issuer.port)
  const back = performance.now()
  await eventually(async () => (await status(`${gateway.url}/away`, tokenOf(newer))) === 200, 70_000)
  scene.expect(`issuer back with another key: accepted after ${Math.round(performance.now() - back)} ms`, true)
  await eventually(async () => (await status(`${gateway.url}/away`, tokenOf(key))) === 401)
  scene.expect('the withdrawn key is refused', true)
  agent.destroy()
})
