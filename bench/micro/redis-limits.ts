/**
 * Limits in a real Redis: decisions per second, script calls for each decision, and reads of the server for each decision, which are its round
 * trips; then what a frozen Redis costs. `node bench/micro/redis-limits.ts`; needs redis-server on the PATH.
 */
import { createHistogram } from 'node:perf_hooks'
import type { LimitQuestion, LimitRule } from '../../src/plugin-api/limits/store.ts'
import { startRedis, type RedisServer } from '../../test/support/redis.ts'
import { connectedTo, redisPlan, ruleOf, type TestRedis } from '../../test/support/redis-limits.ts'

const SECONDS = 2
const IN_FLIGHT = 64
const KEYS = 10_000

const BIG = 1_000_000
const CASES: Readonly<Record<string, readonly LimitRule[]>> = {
  gcra: [ruleOf('gcra', { limit: BIG })],
  'fixed window': [ruleOf('fixed-window', { limit: BIG })],
  'calendar month': [ruleOf('fixed-window', { limit: BIG, calendar: 'month' })],
  'sliding window': [ruleOf('sliding-window', { limit: BIG })],
  'gcra, refused': [ruleOf('gcra', { limit: 1, windowMs: 86_400_000 })],
  'sliding window, refused': [ruleOf('sliding-window', { limit: 1, windowMs: 86_400_000 })],
  'three limits at once': [
    ruleOf('gcra', { id: 'a', limit: BIG }),
    ruleOf('fixed-window', { id: 'b', limit: BIG }),
    ruleOf('gcra', { id: 'c', limit: BIG })
  ]
}

const ends: (() => unknown)[] = []
const server = await startRedis({ teardown: (run) => void ends.push(run) })
const redis = await connectedTo({ teardown: (run) => void ends.push(run) }, redisPlan(server.port))
for (const [name, rules] of Object.entries(CASES)) await measure(name, rules)
await freeze()
for (const end of ends.toReversed()) await end()

async function measure(name: string, rules: readonly LimitRule[]): Promise<void> {
  await server.admin.flushall()
  const before = await counters(server)
  const latency = createHistogram()
  const cpu = process.cpuUsage()
  const from = performance.now()
  let decisions = 0
  const caller = async (): Promise<void> => {
    while (performance.now() - from < SECONDS * 1000) {
      const began = performance.now()
      await redis.limits.consume(questionsOf(rules, decisions++ % KEYS))
      latency.record(Math.max(1, Math.round((performance.now() - began) * 1000)))
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller))
  const seconds = (performance.now() - from) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const after = await counters(server)
  const per = (key: keyof typeof after): string => ((after[key] - before[key]) / decisions).toFixed(3)
  const rate = Math.round(decisions / seconds)
  const times = `p50 ${latency.percentile(50)} µs, p99 ${latency.percentile(99)} µs`
  const costs = `script ${((after.scriptUs - before.scriptUs) / decisions).toFixed(1)} µs, gateway ${((user + system) / decisions).toFixed(1)} µs of CPU`
  console.log(`${name.padEnd(24)} ${rate} decisions/s, ${per('calls')} calls and ${per('reads')} reads each, ${times}, ${costs}`)
}

function questionsOf(rules: readonly LimitRule[], caller: number): readonly LimitQuestion[] {
  return rules.map((rule) => ({ rule, key: `caller-${caller}`, cost: 1 }))
}

async function counters({ admin }: RedisServer) {
  const calls = await admin.info('commandstats')
  const [, count = 0, us = 0] = /cmdstat_evalsha:calls=(\d+),usec=(\d+)/.exec(calls) ?? []
  return { calls: Number(count), scriptUs: Number(us), reads: Number(/total_reads_processed:(\d+)/.exec(await admin.info('stats'))?.[1]) }
}

/** One request every ms, for 3.5 s, of which the first half Redis is stopped. */
async function freeze(): Promise<void> {
  await server.admin.flushall()
  // With the default time-out.
  const hasty = await connectedTo({ teardown: (run) => void ends.push(run) }, redisPlan(server.port, { timeoutMs: 100 }))
  server.pause()
  const from = performance.now()
  const waits: { readonly at: number; readonly ms: number; readonly ok: boolean }[] = []
  const asked: Promise<unknown>[] = []
  let resumedAt = Infinity
  while (performance.now() - from < 3500) {
    const began = performance.now()
    if (resumedAt === Infinity && began - from > 1750) {
      resumedAt = began
      server.resume()
    }
    asked.push(answered(hasty).then((ok) => waits.push({ at: began, ms: performance.now() - began, ok })))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(asked)
  const slow = waits.filter(({ ms }) => ms > 10)
  const back = waits.find(({ at, ok }) => ok && at >= resumedAt)
  const longest = Math.max(...waits.map(({ ms }) => ms)).toFixed(1)
  console.log(`frozen for 1.75 s: ${waits.length} requests, ${slow.length} of them waited more than 10 ms, the longest ${longest} ms`)
  console.log(`                   it was used again ${((back?.at ?? Infinity) - resumedAt).toFixed(0)} ms after it went on`)
}

async function answered({ limits }: TestRedis): Promise<boolean> {
  try {
    await limits.consume(questionsOf(CASES['gcra'] ?? [], 1))
    return true
  } catch {
    return false
  }
}
