/**
 * What a decision of the store in shared memory costs, in nanoseconds of its thread, beside the store in memory, and with another thread that
 * asks too: `node bench/micro/shared-limits.ts`. The rounds of both stores take turns; the median is printed, with the lowest and the highest.
 * Then what the shared memory takes of the machine: nothing before it is used.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker, workerData } from 'node:worker_threads'
import type { LimitQuestion, LimitRule } from '../../src/plugin-api/limits/store.ts'
import type { Clock } from '../../src/plugin-api/types.ts'
import { createMemoryStore, type MemoryStore } from '../../src/stores/memory/memory-store.ts'
import { allocateSharedLimits, createSharedLimitStore } from '../../src/stores/shared/shared-limit-store.ts'

const ROUNDS = 13
const WARM_UP = 4
const PER_ROUND = 100_000
const MANY = 1_000_000
/** Coprime to the number of keys: all of them in an order without any locality. */
const STRIDE = 611_953
const DAY_MS = 86_400_000
const BOUNDS = { maxKeys: MANY, maxBytes: 2e9 }

const RULES: Readonly<Record<string, Omit<LimitRule, 'id'>>> = {
  gcra: { algorithm: 'gcra', limit: 100, windowMs: DAY_MS, burst: 100, calendar: null },
  'sliding-window': { algorithm: 'sliding-window', limit: 100, windowMs: DAY_MS, burst: 1, calendar: null },
  'fixed-window': { algorithm: 'fixed-window', limit: 100, windowMs: DAY_MS, burst: 1, calendar: null },
  'calendar day': { algorithm: 'fixed-window', limit: 100, windowMs: DAY_MS, burst: 1, calendar: 'day' }
}

// The same for all threads, and for both stores.
const clock: Clock = {
  now() {
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * 1000 + nanoseconds / 1e6
  },
  wall: () => Date.now(),
  after: () => () => {}
}

const keyOf = (i: number): string => `i10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`

/** As a plugin does: a list of its own for each request. */
function consume(store: MemoryStore, rule: LimitRule, key: string): void {
  const questions: LimitQuestion[] = [{ rule, key, cost: 1 }]
  store.consume(questions)
}

function threadUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

function ruleOf(name: string): LimitRule {
  return { ...(RULES[name] as Omit<LimitRule, 'id'>), id: name }
}

function textsOf(keys: number): readonly string[] {
  // Made beforehand: the text of a key is what the plugin pays.
  return Array.from({ length: Math.min(keys, PER_ROUND) }, (_, i) => keyOf((i * STRIDE) % keys))
}

function roundNs(store: MemoryStore, rule: LimitRule, texts: readonly string[]): number {
  const from = threadUs()
  for (let i = 0; i < PER_ROUND; i++) consume(store, rule, texts[i % texts.length] as string)
  return ((threadUs() - from) * 1000) / PER_ROUND
}

function medianOf(rounds: readonly number[]): number {
  return rounds.slice(WARM_UP).toSorted((a, b) => a - b)[Math.floor((rounds.length - WARM_UP) / 2)] ?? 0
}

function told(rounds: readonly number[]): string {
  const counted = rounds.slice(WARM_UP)
  return `${medianOf(rounds).toFixed(0).padStart(5)} ns (${Math.min(...counted).toFixed(0)} to ${Math.max(...counted).toFixed(0)})`
}

function compare(name: string, keys: number): void {
  const rule = ruleOf(name)
  const memory = createMemoryStore({ ...BOUNDS, clock })
  const shared = createSharedLimitStore(allocateSharedLimits(BOUNDS), { clock, worker: 0 })
  for (let i = 0; i < keys; i++) for (const store of [memory, shared]) consume(store, rule, keyOf(i))
  const texts = textsOf(keys)
  const [inMemory, inShared]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    inMemory.push(roundNs(memory, rule, texts))
    inShared.push(roundNs(shared, rule, texts))
  }
  const ratio = (medianOf(inShared) / medianOf(inMemory)).toFixed(2)
  console.log(`${name.padEnd(14)} ${String(keys).padStart(7)} keys: memory ${told(inMemory)}, shared ${told(inShared)}, ratio ${ratio}`)
}

/** This thread's cost while another one asks without a pause. */
async function contend(name: string, keys: number): Promise<void> {
  const limits = allocateSharedLimits(BOUNDS)
  const rival = new Worker(new URL(import.meta.url), { workerData: { limits, name, keys } })
  await once(rival, 'message')
  const store = createSharedLimitStore(limits, { clock, worker: 0 })
  const texts = textsOf(keys)
  const [cpu, wall]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now()
    cpu.push(roundNs(store, ruleOf(name), texts))
    wall.push(((performance.now() - from) * 1e6) / PER_ROUND)
  }
  console.log(`${name.padEnd(14)} ${String(keys).padStart(7)} keys, two threads: cpu ${told(cpu)}, wall ${told(wall)}`)
  await rival.terminate()
}

async function rivalForever(): Promise<void> {
  const { limits, name, keys } = workerData as { limits: SharedArrayBuffer; name: string; keys: number }
  const store = createSharedLimitStore(limits, { clock, worker: 1 })
  const texts = textsOf(keys)
  const { parentPort } = await import('node:worker_threads')
  parentPort?.postMessage('ready')
  for (;;) roundNs(store, ruleOf(name), texts)
}

/** Without the heap, where the texts of keys are left behind. */
function residentMb(): number {
  const { rss, heapTotal } = process.memoryUsage()
  return (rss - heapTotal) / 2 ** 20
}

function measureMemory(): void {
  const before = residentMb()
  const limits = allocateSharedLimits(BOUNDS)
  const store = createSharedLimitStore(limits, { clock, worker: 0 })
  consume(store, ruleOf('gcra'), 'k')
  const size = (limits.byteLength / 2 ** 20).toFixed(0)
  console.log(`${size} MB of shared memory: ${(residentMb() - before).toFixed(1)} MB resident with one key`)
  for (let i = 0; i < MANY; i++) consume(store, ruleOf('gcra'), keyOf(i))
  const { keys, bytes } = store.stats
  console.log(`  with ${keys} keys ${(residentMb() - before).toFixed(1)} MB, counted as ${(bytes / 2 ** 20).toFixed(1)}`)
}

const [, , deed, name = '', keys = ''] = process.argv
if (workerData !== null) await rivalForever()
else if (deed === 'compare') compare(name, Number(keys))
else if (deed === 'contend') await contend(name, Number(keys))
else if (deed === 'memory') measureMemory()
else {
  // A process for each: code that was compiled for one algorithm only is as fast as where only that one is configured.
  const run = (...args: string[]): void => {
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit' })
  }
  for (const rule of Object.keys(RULES)) for (const count of [1, 10, MANY]) run('compare', rule, String(count))
  for (const rule of Object.keys(RULES)) for (const count of [1, 10, MANY]) run('contend', rule, String(count))
  run('memory')
}
