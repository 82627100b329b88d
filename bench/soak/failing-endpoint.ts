// What clients see while endpoints die, hang, fail and come back, at 200 requests a second through a gateway process. About 90 s.
import { type ChildProcess, fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { HEAD, metric, Scene } from './kit.ts'
import { openLoop, percentile } from './open-loop.ts'

interface Service {
  readonly url: string
  readonly process: ChildProcess
  set(behaviour: { readonly status: number }): void
}

async function startService(scene: Scene): Promise<Service> {
  const child = fork(fileURLToPath(new URL('./service.ts', import.meta.url)))
  // A stopped process cannot be told to end.
  scene.teardown(() => child.kill('SIGKILL'))
  const { port } = await new Promise<{ port: number }>((resolve) => {
    child.once('message', (message) => resolve(message as { port: number }))
  })
  return { url: `http://127.0.0.1:${port}`, process: child, set: (behaviour) => child.send(behaviour) }
}

const RATE = 200

await Scene.run('failing endpoint', async (scene) => {
  const services = await Promise.all([1, 2, 3].map(() => startService(scene)))
  const [, hanging, killed] = services as [Service, Service, Service]
  const urls = services.map(({ url }) => `"${url}"`).join(', ')
  const fragile = await startService(scene)
  writeFileSync(
    scene.file,
    `${HEAD}telemetry: { log: { access: false } }
upstreams:
  shop:
    endpoints: [${urls}]
    timeouts: { connect: 500ms, perTry: 500ms }
    outlierDetection: { consecutiveFailures: 5, ejectFor: 5s }
    retry: { attempts: 2 }
  plain: { endpoints: [${urls}] }
  fragile:
    endpoints: ["${fragile.url}"]
    circuitBreaker: { window: 5s, minimumRequests: 20, failureRatio: 50%, openFor: 2s, maxOpenFor: 4s, jitter: 0%, halfOpenRequests: 3 }
routes:
  - { name: shop, match: { path: "/*" }, upstream: shop }
  - { name: plain, match: { path: /plain }, upstream: plain }
  - { name: fragile, match: { path: /fragile }, upstream: fragile }`
  )
  const gateway = await scene.gateway()

  // The first requests of a process wait for its compiler.
  await openLoop(`${gateway.url}/`, { rate: RATE, seconds: 5 })
  const normal = await openLoop(`${gateway.url}/`, { rate: RATE, seconds: 5 })
  const usual = percentile(normal, 99)
  scene.expect(
    `usual: ${normal.length} requests, p99 ${usual.toFixed(1)} ms`,
    normal.every(({ status }) => status === 200)
  )

  // With nothing configured but the endpoints.
  const duringKill = openLoop(`${gateway.url}/plain`, { rate: RATE, seconds: 10 })
  await setTimeout(2000)
  killed.process.kill('SIGKILL')
  const killSeen = await duringKill
  const killErrors = killSeen.filter(({ status }) => status !== 200).length
  scene.expect(`one of three killed at ${RATE}/s, nothing configured: ${killErrors} of ${killSeen.length} requests failed`, killErrors === 0)

  const duringHang = openLoop(`${gateway.url}/`, { rate: RATE, seconds: 30 })
  await setTimeout(2000)
  hanging.process.kill('SIGSTOP')
  const hangSeen = await duringHang
  const hangErrors = hangSeen.filter(({ status }) => status !== 200).length
  scene.expect(`one of the other two hangs, with perTry: ${hangErrors} of ${hangSeen.length} requests failed`, hangErrors === 0)
  for (let second = 0; second < 30; second += 1) {
    const there = hangSeen.filter(({ atMs }) => atMs >= second * 1000 && atMs < (second + 1) * 1000)
    console.log(`  second ${second - 2}: p50 ${percentile(there, 50).toFixed(1)} p99 ${percentile(there, 99).toFixed(1)} ms`)
  }
  const after = hangSeen.filter(({ atMs }) => atMs >= 7000)
  const settled = percentile(after, 99)
  scene.expect(`p99 from 5 s after the hang on: ${settled.toFixed(1)} ms, usual ${usual.toFixed(1)} ms`, settled < 2 * usual)
  hanging.process.kill('SIGCONT')

  fragile.set({ status: 500 })
  const failing = await openLoop(`${gateway.url}/fragile`, { rate: RATE, seconds: 10 })
  const hits = failing.filter(({ status }) => status === 500)
  const first = failing.findIndex(({ status }) => status === 503)
  const later = failing.slice(first).filter(({ status }) => status === 500).length
  scene.expect(
    `100 % failures: ${first} before the breaker opened, ${hits.length} in all; ${later} probes in the time after`,
    first <= 25 && later <= 3 * 4
  )
  fragile.set({ status: 200 })
  const healing = await openLoop(`${gateway.url}/fragile`, { rate: RATE, seconds: 8 })
  const back = healing.find(({ status }) => status === 200)?.atMs ?? Infinity
  scene.expect(`recovered ${(back / 1000).toFixed(1)} s after the upstream did; open time at most 4 s`, back <= 4100)
  console.log(`transitions to open: ${await metric(gateway, 'sallyport_circuit_breaker_transitions_total{upstream="fragile",route="",to="open"}')}`)
})
