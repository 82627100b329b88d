/**
 * What a decision of the store in memory costs, in nanoseconds of its thread, and what a key takes, in bytes: `node bench/micro/limits.ts`.
 * The median of the rounds is printed, with the lowest and the highest. Then the longest single insertion of a million in wall time, beside
 * that of texts into a plain list, which is what the garbage collector and the machine take by themselves.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LimitQuestion, LimitRule } from '../../src/plugin-api/limits/store.ts'
import { createMemoryStore, type MemoryStore } from '../../src/stores/memory/memory-store.ts'
import { systemClock } from '../../src/system/clock.ts'

const ROUNDS = 13
const WARM_UP = 4
const PER_ROUND = 200_000
const FEW = 10
const SOME = 10_000
const MANY = 1_000_000
/** Coprime to the number of keys: all of them in an order without any locality. */
const STRIDE = 611_953
/** So long that no key expires while it runs. */
const DAY_MS = 86_400_000

const RULES: Readonly<Record<string, Omit<LimitRule, 'id'>>> = {
  gcra: { algorithm: 'gcra', limit: 100, windowMs: DAY_MS, burst: 100, calendar: null },
  'sliding-window': { algorithm: 'sliding-window', limit: 100, windowMs: DAY_MS, burst: 1, calendar: null },
  'fixed-window': { algorithm: 'fixed-window', limit: 100, windowMs: DAY_MS, burst: 1, calendar: null },
  'calendar day': { algorithm: 'fixed-window', limit: 100, windowMs: DAY_MS, burst: 1, calendar: 'day' }
}

const keyOf = (i: number): string => `i10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`

/** As a plugin does: the same rules for each request, and a list of its own. */
function consume(store: MemoryStore, rules: readonly LimitRule[], key: string): void {
  const questions: LimitQuestion[] = []
  for (const rule of rules) questions.push({ rule, key, cost: 1 })
  store.consume(questions)
}

function threadUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

function nanoseconds(store: MemoryStore, rules: readonly LimitRule[], keys: number): string {
  const rounds: number[] = []
  // Made beforehand: the text of a key is what the plugin pays.
  const texts = Array.from({ length: Math.min(keys, PER_ROUND) }, (_, i) => keyOf((i * STRIDE) % keys))
  for (let round = 0; round < ROUNDS; round++) {
    const from = threadUs()
    for (let i = 0; i < PER_ROUND; i++) consume(store, rules, texts[i % texts.length] as string)
    rounds.push(((threadUs() - from) * 1000) / PER_ROUND)
  }
  const sorted = rounds.slice(WARM_UP).toSorted((a, b) => a - b)
  const [low, median, high] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((ns) => (ns ?? 0).toFixed(0))
  return `${median?.padStart(6)} ns   (${low} to ${high})`
}

/** Each of them timed. In a long one the thread may have been put aside, by the machine or to wait for the garbage collector: told apart. */
function pauses(from: number, to: number, insert: (key: string) => void): string {
  let [longest, over, alone] = [0, 0, 0]
  for (let i = from; i < to; i++) {
    const key = keyOf(i)
    const switched = contextSwitches()
    const start = performance.now()
    insert(key)
    const took = performance.now() - start
    if (took > longest) longest = took
    if (took <= 1) continue
    over++
    if (contextSwitches() === switched) alone++
  }
  return `longest ${longest.toFixed(1)} ms, ${over} over 1 ms, ${alone} of them without a context switch`
}

function contextSwitches(): number {
  const { voluntaryContextSwitches, involuntaryContextSwitches } = process.resourceUsage()
  return voluntaryContextSwitches + involuntaryContextSwitches
}

function memory(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function measure(name: string, limits: number): void {
  const numbers = RULES[name] as Omit<LimitRule, 'id'>
  const rules = Array.from({ length: limits }, (_, i) => ({ ...numbers, id: `${name} ${i}` }))
  const title = `${name.padEnd(14)} ${limits} at once,`
  const few = createMemoryStore({ maxKeys: MANY, maxBytes: 4e9, clock: systemClock })
  console.log(`${title} ${String(FEW).padStart(7)} keys ${nanoseconds(few, rules, FEW)}`)
  const some = createMemoryStore({ maxKeys: MANY, maxBytes: 4e9, clock: systemClock })
  console.log(`${title} ${String(SOME).padStart(7)} keys ${nanoseconds(some, rules, SOME)}`)
  const before = memory()
  // As many keys in all, however many limits they are for.
  const many = createMemoryStore({ maxKeys: MANY, maxBytes: 4e9, clock: systemClock })
  const inserting = pauses(0, MANY / limits, (key) => consume(many, rules, key))
  const bytes = (memory() - before) / many.stats.keys
  const counted = many.stats.bytes / many.stats.keys
  console.log(`${title} ${String(many.stats.keys).padStart(7)} keys ${nanoseconds(many, rules, MANY / limits)}`)
  if (limits > 1) return
  console.log(
    `  a key takes ${bytes.toFixed(0)} bytes, counted as ${counted.toFixed(0)}; after as many decisions as above ${((memory() - before) / many.stats.keys).toFixed(0)}, counted as ${(many.stats.bytes / many.stats.keys).toFixed(0)}`
  )
  console.log(`  inserted: ${inserting}`)
  console.log(`  each in place of another: ${pauses(MANY, 2 * MANY, (key) => consume(many, rules, key))}`)
  const texts: string[][] = []
  const listing = pauses(0, MANY, (key) => {
    if ((texts.at(-1)?.length ?? 1000) === 1000) texts.push([])
    texts.at(-1)?.push(key)
  })
  console.log(`  texts in a list: ${listing}`)
}

const [, , name, limits] = process.argv
if (name !== undefined) measure(name, Number(limits))
else {
  const file = fileURLToPath(import.meta.url)
  // A process for each: code that was compiled for one algorithm only is as fast as where only that one is configured.
  for (const rule of Object.keys(RULES))
    for (const count of ['1', '4']) execFileSync(process.execPath, ['--expose-gc', file, rule, count], { stdio: 'inherit' })
}
