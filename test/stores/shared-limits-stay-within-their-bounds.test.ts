import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import type { MemoryStore } from '../../src/stores/memory/memory-store.ts'
import { allocateSharedLimits, createSharedLimitStore, type SharedLimitsBounds } from '../../src/stores/shared/shared-limit-store.ts'
import { ALGORITHMS, ask, letIn, ruleOf } from './rules.ts'

interface Counted {
  readonly store: MemoryStore
  readonly clock: FakeClock
  readonly told: () => number
}

function newShared(bounds: Partial<SharedLimitsBounds>): Counted {
  const clock = new FakeClock()
  let told = 0
  const buffer = allocateSharedLimits({ maxKeys: 1000, maxBytes: 1e6, ...bounds })
  return { clock, told: () => told, store: createSharedLimitStore(buffer, { clock, worker: 0, onLiveEviction: () => told++ }) }
}

t.test('of a few keys what no longer counts goes first, and then what was not asked about for longest', (t) => {
  for (const algorithm of ALGORITHMS) {
    const { store, clock, told } = newShared({ maxKeys: 4 })
    const brief = ruleOf(algorithm, { id: 'brief', windowMs: 1000 })
    const long = ruleOf(algorithm, { id: 'long', windowMs: 3_600_000 })
    for (const key of ['a', 'b']) letIn(store, long, key)
    for (const key of ['c', 'd']) letIn(store, brief, key)
    clock.advance(2000)
    letIn(store, brief, 'd')
    // Only c has expired, though a and b were not asked about for longer.
    letIn(store, long, 'e')
    t.equal(told(), 0, algorithm)
    t.equal(letIn(store, long, 'a'), 0, 'a is still counted')
    // Now b is the oldest: a was asked about, though it was refused.
    letIn(store, long, 'f')
    t.equal(told(), 1)
    t.equal(store.stats.liveEvictions, 1)
    t.equal(store.stats.keys, 4)
    for (const key of ['a', 'e', 'f']) t.equal(store.usage(long, key).remaining, 0, `${key} stays`)
    t.equal(store.usage(long, 'b').remaining, 10, 'b has a fresh limit')
  }
  t.end()
})

t.test('many keys stay within the bound, those that were asked about lately are counted on, and each one that goes is told', (t) => {
  const maxKeys = 20_000
  const { store, told } = newShared({ maxKeys, maxBytes: 16e6 })
  const rule = ruleOf('gcra', { limit: 1, burst: 1 })
  const often = Array.from({ length: 1000 }, (_, i) => `often ${i}`)
  let most = 0
  for (let i = 0; i < 200_000; i++) {
    store.consume([ask(rule, 1, `i10.${i}`)])
    // Each of them comes again before half of all keys have.
    if (i % 10 === 0) store.charge([ask(rule, 1, often[(i / 10) % often.length])])
    most = Math.max(most, store.stats.keys)
  }
  t.equal(most, maxKeys)
  t.equal(store.stats.keys, maxKeys)
  const entered = told() + maxKeys
  t.equal(store.stats.liveEvictions, told())
  const lost = entered - 200_000 - often.length
  t.ok(lost >= 0 && lost < 400, `${lost} of 20000 times one that comes often had gone`)
  let counted = 0
  for (let i = 190_000; i < 200_000; i++) if (store.usage(rule, `i10.${i}`).remaining === 0) counted++
  t.ok(counted > 9700, `${counted} of the latest 10000 are still counted`)
  t.end()
})

t.test('keys that have expired are given up as others come, without any pressure', (t) => {
  const { store, clock, told } = newShared({ maxKeys: 100_000, maxBytes: 64e6 })
  const rules = [ruleOf('gcra', { limit: 60 }), ruleOf('sliding-window', { windowMs: 30_000 }), ruleOf('fixed-window', { calendar: 'minute' })]
  for (let i = 0; i < 1000; i++) store.consume(rules.map((rule) => ask(rule, 1, `k${i}`)))
  t.equal(store.stats.keys, 3000)
  clock.advance(120_000)
  for (let i = 0; i < 3000; i++) store.consume([ask(ruleOf('gcra', { id: 'other', windowMs: 1e9 }), 1, `n${i}`)])
  t.ok(store.stats.keys < 3300, `${store.stats.keys} are left`)
  t.equal(store.stats.bytes, store.stats.keys * 72, 'and no log')
  t.equal(told(), 0)
  t.end()
})

t.test('bytes are a bound of their own: a long log pushes keys out, of all shards, and forgets nobody itself', (t) => {
  const maxBytes = 200_000
  const { store, clock, told } = newShared({ maxKeys: 100_000, maxBytes })
  const rule = ruleOf('gcra', { limit: 1, burst: 1 })
  const log = ruleOf('sliding-window', { limit: 100_000, windowMs: 21_000 })
  for (let i = 0; i < 5000; i++) store.consume([ask(rule, 1, `k${i}`)])
  t.ok(store.stats.keys > 2700, `${store.stats.keys} keys`)
  let most = 0
  for (let i = 0; i < 20_000; i++) {
    clock.advance(1)
    store.consume([ask(log, 1, 'busy')])
    most = Math.max(most, store.stats.bytes)
  }
  t.ok(most <= maxBytes, `${most} bytes`)
  t.equal(store.usage(log, 'busy').remaining, 80_000)
  const before = told()
  for (let i = 0; i < 20; i++) {
    for (let ms = 0; ms < 3000; ms++, clock.advance(1)) store.consume([ask(ruleOf('sliding-window', { limit: 5000, id: `${i}` }), 1, 'log')])
  }
  t.ok(store.stats.bytes <= maxBytes && told() > before, `${store.stats.bytes} bytes when logs push each other out`)
  clock.advance(3_600_000)
  t.equal(store.usage(log, 'busy').remaining, 100_000)
  for (let i = 0; i < 20; i++) store.usage(ruleOf('sliding-window', { limit: 5000, id: `${i}` }), 'log')
  t.equal(store.stats.bytes, store.stats.keys * 72, 'what is gone is not counted')
  t.end()
})

t.test('a store that is smaller than a request still decides right', (t) => {
  const { store, told } = newShared({ maxKeys: 1 })
  const rules = ALGORITHMS.map((algorithm) => ruleOf(algorithm))
  for (let i = 0; i < 5; i++) t.ok(store.consume(rules.map((rule) => ask(rule, 10, `k${i}`))).every(({ allowed }) => allowed))
  t.equal(store.stats.keys, 1)
  t.equal(told(), 14)
  t.match(store.consume(rules.map((rule) => ask(rule, 1, 'k4'))), [{ allowed: true }, { allowed: true }, { allowed: false }])
  t.end()
})

t.test('a key whose units were all given back is no live one', (t) => {
  const { store, told } = newShared({ maxKeys: 1 })
  for (const algorithm of ALGORITHMS) {
    const rule = ruleOf(algorithm)
    store.charge([ask(rule, 5), ask(rule, -5)])
  }
  store.consume([ask(ruleOf('gcra'))])
  t.equal(told(), 0)
  t.end()
})

t.test('keys and rules are told apart, also where their texts run together, and costs are checked', (t) => {
  for (const algorithm of ALGORITHMS) {
    const { store } = newShared({})
    for (const [id, key] of [
      ['a', 'bc'],
      ['ab', 'c'],
      ['a', 'bC'],
      ['a', ''],
      ['', 'a'],
      ['a', '\0'],
      ['a', '\0\0'],
      ['a', 'ж']
    ] as const) {
      t.equal(letIn(store, ruleOf(algorithm, { id }), key), 10, `${id} ${key}`)
    }
    t.equal(letIn(store, ruleOf(algorithm, { id: 'a' }), 'bc'), 0)
    for (const cost of [0.5, Number.NaN, Infinity, -1]) t.throws(() => store.consume([ask(ruleOf(algorithm), cost)]), RangeError)
    t.throws(() => store.charge([ask(ruleOf(algorithm)), ask(ruleOf(algorithm), Number.NaN)]), RangeError)
    t.equal(store.usage(ruleOf(algorithm), 'k').remaining, 10)
  }
  t.end()
})
