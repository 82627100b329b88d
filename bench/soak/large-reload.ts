// 5,000 routes with 1,000 upstreams start in under 3 s and are reloaded in under 2 s, and requests that come meanwhile hardly notice.
//   node bench/soak/large-reload.ts [--plugins]    each tenth route has two plugins
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { send } from '../../test/support/client.ts'
import { startGatewayProcess } from '../../test/support/gateway-process.ts'
import { HEAD, residentMib, Scene } from './kit.ts'
import { openLoop, percentile, type Seen } from './open-loop.ts'

const ROUTES = 5000
const UPSTREAMS = 1000
const RELOADS = 5
const REQUESTS_PER_SECOND = 200
const SECONDS_AROUND_A_RELOAD = 6
const MAX_START_MS = 3000
const MAX_RELOAD_MS = 2000
const MAX_SPIKE_MS = 50
const PLUGINS = ', plugins: { rate-limit: { limit: 1000000, window: 1m }, request-id: {} }'

const hasPlugins = process.argv.includes('--plugins')

/** Every round differs in one upstream, one route and, of all routes, a time limit of their upstreams. */
function documentOf(round: number, originUrl: string): string {
  const upstreams = Array.from({ length: UPSTREAMS }, (_, i) => `  u${i}: { endpoints: ["${originUrl}"], timeouts: { idle: ${60 + round}s } }`)
  const routes = Array.from({ length: ROUTES }, (_, i) => {
    const plugins = hasPlugins && i % 10 === 0 ? PLUGINS : ''
    return `  - { name: r${i}${i === 1 ? `-${round}` : ''}, match: { path: /svc${i}/* }, upstream: u${i % UPSTREAMS}${plugins} }`
  })
  return `${HEAD}telemetry: { log: { access: false } }\nupstreams:\n${upstreams.join('\n')}\nroutes:\n${routes.join('\n')}\n`
}

await Scene.run(`large-reload${hasPlugins ? ' --plugins' : ''}`, async (scene) => {
  const origin = await scene.origin((_request, response) => response.end('served'))
  writeFileSync(scene.file, documentOf(0, origin.url))
  console.log(`  load of the machine before: ${loadavg()[0]?.toFixed(1)}`)
  const from = performance.now()
  const gateway = await startGatewayProcess(scene, scene.file, { args: ['--no-watch'] })
  const startMs = performance.now() - from
  scene.expect(`started in ${startMs.toFixed(0)} ms, from the start of the process`, startMs < MAX_START_MS)
  const pid = gateway.child.pid as number
  const load = { rate: REQUESTS_PER_SECOND, seconds: SECONDS_AROUND_A_RELOAD }
  const url = `${gateway.url}/svc7/x`

  await openLoop(url, { ...load, seconds: 2 })
  const quiet = await openLoop(url, load)
  const before = residentMib(pid)
  const longestQuiet = percentile(quiet, 100)
  console.log(
    `  without a reload: longest ${longestQuiet.toFixed(1)} ms, p99 ${percentile(quiet, 99).toFixed(1)} ms; ${before.toFixed(0)} MiB resident`
  )

  const seen: Seen[] = []
  const took: number[] = []
  let peak = before
  const watch = setInterval(() => (peak = Math.max(peak, residentMib(pid))), 50)
  scene.teardown(() => clearInterval(watch))
  for (let round = 1; round <= RELOADS; round++) {
    const [requests, reloadMs] = await Promise.all([openLoop(url, load), reload(scene.file, round, origin.url, gateway.adminUrl)])
    seen.push(...requests)
    took.push(reloadMs)
    const after = residentMib(pid)
    console.log(`  reload ${round}: ${reloadMs.toFixed(0)} ms, longest ${percentile(requests, 100).toFixed(1)} ms; ${after.toFixed(0)} MiB resident`)
  }
  clearInterval(watch)
  console.log(`  ${before.toFixed(0)} MiB before, ${peak.toFixed(0)} at most, ${residentMib(pid).toFixed(0)} after`)
  const failed = seen.filter(({ status }) => status !== 200).length
  scene.expect(`${seen.length} requests, ${failed} failed`, failed === 0)
  scene.expect(`longest reload ${Math.max(...took).toFixed(0)} ms`, Math.max(...took) < MAX_RELOAD_MS)
  // What the machine does to latency without a reload is not the reload's.
  scene.expect(
    `longest latency ${percentile(seen, 100).toFixed(1)} ms, p99 ${percentile(seen, 99).toFixed(1)} ms`,
    percentile(seen, 100) < longestQuiet + MAX_SPIKE_MS
  )
})

/** From the question to the answer, which comes when the new configuration is the one that serves. */
async function reload(file: string, round: number, originUrl: string, adminUrl: string): Promise<number> {
  writeFileSync(file, documentOf(round, originUrl))
  const from = performance.now()
  const answer = await send(`${adminUrl}/reload`, { method: 'POST' })
  if (answer.status !== 200 || (answer.json() as { result: string }).result !== 'applied') throw new Error(`reload ${round}: ${answer.text}`)
  return performance.now() - from
}
