// 5,000 routes with 1,000 upstreams start in under 3 s and are reloaded in under 2 s, 30 times, and requests that come meanwhile hardly notice.
//   node bench/soak/large-reload.ts [--plugins]    each tenth route has two plugins
//   node bench/soak/large-reload.ts --all-plugins  every route has jwt and rate-limit; figures only
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually, send } from '../../test/support/client.ts'
import { type GatewayProcess, startGatewayProcess } from '../../test/support/gateway-process.ts'
import { stolenMs } from '../process/proc.ts'
import { cpuMs, HEAD, median, residentMib, Scene } from './kit.ts'
import { openLoop, percentile, type Seen } from './open-loop.ts'

const ROUTES = 5000
const UPSTREAMS = 1000
const RELOADS = 30
const REQUESTS_PER_SECOND = 200
const SECONDS_AROUND_A_RELOAD = 3
const MAX_START_MS = 3000
const MAX_RELOAD_MS = 2000
const MAX_SPIKE_MS = 50
const MAX_TURN_MS = 20
/** A reload with its requests is calm when the host of this machine took no more of its cores meanwhile. Times are judged by calm ones. */
const CALM_MS = 100
const MIN_CALM = 10
/** If need be, until there are so many calm ones. */
const MAX_RELOADS = 90
const UNTIL_CALM_MS = 5000
/** After so many reloads the heap has its size. */
const SETTLED = 20
const MAX_GROWTH = 1.1
const SOME_PLUGINS = ', plugins: { rate-limit: { limit: 1000000, window: 1m }, request-id: {} }'
const ALL_PLUGINS = ', plugins: { jwt: { provider: main, optional: true }, rate-limit: { limit: 1000000, window: 1m } }'
const PROVIDER = `providers: { main: { secret: ${'a'.repeat(40)}, algorithms: [HS256] } }\n`
const METER = new URL('./turn-meter.ts', import.meta.url).href

const isFull = process.argv.includes('--all-plugins')
const hasPlugins = isFull || process.argv.includes('--plugins')
const pluginsOf = (route: number): string => (isFull ? ALL_PLUGINS : hasPlugins && route % 10 === 0 ? SOME_PLUGINS : '')
/** What is only told. */
const limitOf = (limit: number): number => (isFull ? Infinity : limit)

/** Every round differs in one upstream, one route and, of all routes, a time limit of their upstreams. */
function documentOf(round: number, originUrl: string): string {
  const upstreams = Array.from({ length: UPSTREAMS }, (_, i) => `  u${i}: { endpoints: ["${originUrl}"], timeouts: { idle: ${60 + round}s } }`)
  const routes = Array.from({ length: ROUTES }, (_, i) => {
    return `  - { name: r${i}${i === 1 ? `-${round}` : ''}, match: { path: /svc${i}/* }, upstream: u${i % UPSTREAMS}${pluginsOf(i)} }`
  })
  const head = `${HEAD}${isFull ? PROVIDER : ''}telemetry: { log: { access: false } }\n`
  return `${head}upstreams:\n${upstreams.join('\n')}\nroutes:\n${routes.join('\n')}\n`
}

await Scene.run(`large-reload ${process.argv.slice(2).join(' ')}`.trim(), async (scene) => {
  const origin = await scene.origin((_request, response) => response.end('served'))
  writeFileSync(scene.file, documentOf(0, origin.url))
  console.log(`  load of the machine before: ${loadavg()[0]?.toFixed(1)}`)
  const from = performance.now()
  const gateway = await startGatewayProcess(scene, scene.file, { args: ['--no-watch'], nodeArgs: ['--import', METER], patienceMs: 120_000 })
  const url = `${gateway.url}/svc7/x`
  await send(url)
  const startMs = performance.now() - from
  const pid = gateway.child.pid as number
  scene.expect(
    `started in ${startMs.toFixed(0)} ms, from the start of the process to its first answer; ${cpuMs(pid)} ms of CPU`,
    startMs < limitOf(MAX_START_MS)
  )
  const load = { rate: REQUESTS_PER_SECOND, seconds: SECONDS_AROUND_A_RELOAD }
  await openLoop(url, { ...load, seconds: 2 })
  const quiet = await openLoop(url, load)
  console.log(`  without a reload: longest ${percentile(quiet, 100).toFixed(1)} ms, p99 ${percentile(quiet, 99).toFixed(1)} ms`)
  await longestTurn(gateway)

  const seen: Seen[] = []
  const calm: { readonly requests: readonly Seen[]; readonly reloadMs: number; readonly turnMs: number }[] = []
  const took: number[] = []
  const turns: number[] = []
  const resident = [residentMib(pid)]
  for (let round = 1; round <= RELOADS || (round <= MAX_RELOADS && calm.length < MIN_CALM); round++) {
    const cpuBefore = cpuMs(pid)
    const stolenBefore = stolenMs()
    const [requests, reloadMs] = await Promise.all([openLoop(url, load), reload(scene.file, round, origin.url, gateway.adminUrl)])
    const stolen = stolenMs() - stolenBefore
    seen.push(...requests)
    took.push(reloadMs)
    const turnMs = await longestTurn(gateway)
    turns.push(turnMs)
    const isCalm = stolen <= CALM_MS
    if (isCalm) calm.push({ requests, reloadMs, turnMs })
    resident.push(residentMib(pid))
    const longest = percentile(requests, 100).toFixed(1)
    const cpu = `${cpuMs(pid) - cpuBefore} ms of CPU with ${requests.length} requests, longest turn ${turnMs.toFixed(1)} ms of it; ${stolen} ms taken by the host`
    if (!isCalm) await delay(UNTIL_CALM_MS)
    console.log(`  reload ${round}: ${reloadMs.toFixed(0)} ms, longest request ${longest} ms; ${cpu}; ${resident.at(-1)?.toFixed(0)} MiB`)
  }
  for (const path of ['/metrics', '/routes', '/upstreams', '/config']) {
    await send(gateway.adminUrl + path)
    const turnMs = await longestTurn(gateway)
    scene.expect(`${path}: longest turn ${turnMs.toFixed(1)} ms of CPU`, turnMs < limitOf(MAX_TURN_MS))
  }
  const failed = seen.filter(({ status }) => status !== 200).length
  scene.expect(`${seen.length} requests, ${failed} failed`, failed === 0)
  console.log(`  of all ${took.length}: ${describe(took, turns, seen)}`)
  const reloads = calm.map(({ reloadMs }) => reloadMs)
  const turnsInCalm = calm.map(({ turnMs }) => turnMs)
  const inCalm = calm.flatMap(({ requests }) => requests)
  scene.expect(
    `of ${calm.length} calm ones: ${describe(reloads, turnsInCalm, inCalm)}`,
    calm.length >= MIN_CALM &&
      Math.max(...reloads) < limitOf(MAX_RELOAD_MS) &&
      Math.max(...turnsInCalm) < limitOf(MAX_TURN_MS) &&
      percentile(inCalm, 100) < limitOf(MAX_SPIKE_MS)
  )
  const settled = Math.max(...resident.slice(0, SETTLED))
  const last = resident.at(-1) ?? Number.NaN
  scene.expect(
    `${resident[0]?.toFixed(0)} MiB resident at first, at most ${settled.toFixed(0)} in ${SETTLED} reloads, ${last.toFixed(0)} after ${took.length}`,
    last < settled * MAX_GROWTH
  )
})

function describe(took: readonly number[], turns: readonly number[], requests: readonly Seen[]): string {
  const of = (values: readonly number[], what: string): string =>
    `${what} ${Math.max(...values).toFixed(1)} ms, median ${median(values).toFixed(1)} ms`
  return `${of(took, 'longest reload')}; ${of(turns, 'longest turn')} of CPU; longest request ${percentile(requests, 100).toFixed(1)} ms, p99 ${percentile(requests, 99).toFixed(1)} ms`
}

/** Of the thread that serves, since it was asked last; in ms of CPU. */
async function longestTurn(gateway: GatewayProcess): Promise<number> {
  const of = (): readonly number[] =>
    gateway.lines.flatMap((line) => {
      const { msg, ms } = JSON.parse(line) as { readonly msg: string; readonly ms?: number }
      return msg === 'longest turn' && ms !== undefined ? [ms] : []
    })
  const before = of().length
  gateway.child.kill('SIGWINCH')
  await eventually(() => {
    if (of().length === before) throw new Error('the gateway does not say')
  })
  return of().at(-1) as number
}

/** From the question to the answer, which comes when the new configuration is the one that serves. */
async function reload(file: string, round: number, originUrl: string, adminUrl: string): Promise<number> {
  writeFileSync(file, documentOf(round, originUrl))
  const from = performance.now()
  const answer = await send(`${adminUrl}/reload`, { method: 'POST' })
  if (answer.status !== 200 || (answer.json() as { result: string }).result !== 'applied') throw new Error(`reload ${round}: ${answer.text}`)
  return performance.now() - from
}
