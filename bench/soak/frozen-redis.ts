// Redis stops answering under load, forgets its scripts, and dies: requests wait for it no longer than its timeout, each route does what its `onStoreError` says,
// and the counts are shared again soon after. Needs `redis-server` on the PATH.
import { writeFileSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import { redisMissing, startRedis } from '../../test/support/redis.ts'
import { HEAD, Scene } from './kit.ts'
import { openLoop, percentile, type Seen } from './open-loop.ts'

const TIMEOUT_MS = 100
const POLICIES = ['allow', 'deny', 'local'] as const
/** Requests a second, each policy. */
const RATE = 150
const RECOVERY_MS = 2_000
/** Of `local`, counted by a gateway of its own while Redis is away. */
const LOCAL_LIMIT = 50

/** When what happens, ms from the start of the load. */
const STEPS = { frozen: 4_000, thawed: 8_000, flushed: 11_000, killed: 13_000, restarted: 15_000, end: 19_000 } as const

function documentOf(origin: string, redis: string): string {
  // More than is sent, but for `local`.
  const limitOf = (policy: string): number => (policy === 'local' ? LOCAL_LIMIT : 1_000_000)
  const routes = POLICIES.map(
    (policy) =>
      `  - { name: ${policy}, match: { path: /${policy} }, upstream: origin, plugins: { rate-limit: { limit: ${limitOf(policy)}, window: 1h, algorithm: fixed-window, by: { header: x-run }, onStoreError: ${policy} } } }`
  )
  return `${HEAD}redis: { url: "${redis}", timeout: ${TIMEOUT_MS}ms }
telemetry: { log: { access: false } }
upstreams: { origin: { endpoints: ["${origin}"] } }
routes:
${routes.join('\n')}
`
}

const between = (seen: readonly Seen[], fromMs: number, toMs: number): readonly Seen[] => seen.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)

function statuses(seen: readonly Seen[]): string {
  const counts = new Map<number, number>()
  for (const { status } of seen) counts.set(status, (counts.get(status) ?? 0) + 1)
  return [...counts].map(([status, count]) => `${count} × ${status}`).join(', ')
}

await Scene.run('a Redis that is frozen, flushed and killed', async (scene) => {
  const missing = redisMissing()
  if (missing !== false) throw new Error(missing)
  const redis = await startRedis(scene)
  const origin = await scene.origin((_request, response) => response.end())
  writeFileSync(scene.file, documentOf(origin.url, redis.url))
  const gateway = await scene.gateway()
  // Everything is compiled and connected.
  for (const policy of ['allow', 'deny']) await openLoop(`${gateway.url}/${policy}`, { rate: RATE, seconds: 2, headers: { 'x-run': 'warm' } })

  const start = performance.now()
  const load = (policy: string, fromMs: number, toMs: number, run: string) =>
    after(fromMs).then(() => openLoop(`${gateway.url}/${policy}`, { rate: RATE, seconds: (toMs - fromMs) / 1000, headers: { 'x-run': run } }))
  const loads = Promise.all([
    load('allow', 0, STEPS.end, 'allow'),
    load('deny', 0, STEPS.end, 'deny'),
    // What a gateway lets pass by itself: nothing of it is counted in Redis.
    load('local', STEPS.frozen + 500, STEPS.thawed - 500, 'local')
  ])
  const at = async (ms: number, run: () => unknown): Promise<number> => {
    await after(ms - (performance.now() - start))
    await run()
    return performance.now() - start
  }
  const frozenMs = await at(STEPS.frozen, () => redis.pause())
  const thawedMs = await at(STEPS.thawed, () => redis.resume())
  for (let i = 0; i < 10; i++) await at(STEPS.flushed + i * 100, () => redis.admin.script('FLUSH'))
  const killedMs = await at(STEPS.killed, () => redis.kill())
  const restartedMs = await at(STEPS.restarted, () => redis.restart())
  const [allow, deny, local] = await loads

  const before = [allow, deny].flatMap((seen) => between(seen, 1_000, frozenMs - 200))
  const during = [allow, deny].flatMap((seen) => between(seen, frozenMs, thawedMs))
  const added = percentile(during, 99) - percentile(before, 99)
  const most = Math.max(...during.map(({ tookMs }) => tookMs)) - percentile(before, 50)
  scene.expect(
    `frozen: p99 ${percentile(before, 99).toFixed(1)} → ${percentile(during, 99).toFixed(1)} ms, ${added.toFixed(1)} ms added (longest ${most.toFixed(1)}), the timeout is ${TIMEOUT_MS}`,
    added <= TIMEOUT_MS
  )
  scene.expect(
    `frozen, allow: ${statuses(between(allow, frozenMs, thawedMs))}`,
    between(allow, frozenMs, thawedMs).every(({ status }) => status === 200)
  )
  // One that was sent just before may have had its answer.
  const denied = between(deny, frozenMs + 5, thawedMs)
  scene.expect(
    `frozen, deny: ${statuses(denied)}`,
    denied.every(({ status }) => status === 503)
  )
  const passed = local.filter(({ status }) => status === 200).length
  scene.expect(
    `frozen, local: ${statuses(local)}, ${LOCAL_LIMIT} may pass`,
    passed === LOCAL_LIMIT && local.length - passed === local.filter(({ status }) => status === 429).length
  )

  const recovery = (sinceMs: number, untilMs: number): number => {
    const seen = between(deny, sinceMs, untilMs)
    const last = seen.findLast(({ status }) => status !== 200)
    return last === undefined ? 0 : last.atMs - sinceMs
  }
  const thaw = recovery(thawedMs, STEPS.flushed)
  scene.expect(`thawed: the last that was not let in ${thaw.toFixed(0)} ms later, at most ${RECOVERY_MS}`, thaw <= RECOVERY_MS)
  const flushed = [allow, deny].flatMap((seen) => between(seen, STEPS.flushed, killedMs - 200))
  scene.expect(
    `scripts flushed ten times: ${statuses(flushed)}`,
    flushed.every(({ status }) => status === 200)
  )
  const dead = between(deny, killedMs + 50, restartedMs - 500)
  scene.expect(
    `killed, deny: ${statuses(dead)}, p99 ${percentile(dead, 99).toFixed(1)} ms`,
    dead.every(({ status }) => status === 503)
  )
  const restart = recovery(restartedMs, STEPS.end)
  scene.expect(`started again with nothing in its memory: the last that was not let in ${restart.toFixed(0)} ms later`, restart <= RECOVERY_MS)
})
