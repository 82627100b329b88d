import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { ALGORITHMS, ask, letIn, newStore, ruleOf } from './rules.ts'

/** A slot and its place in the index. */
const KEY_BYTES = 72

t.test('what no longer counts goes before what does, and of a few keys then what was not asked about for longest', (t) => {
  for (const algorithm of ALGORITHMS) {
    let evictions = 0
    const { store, clock } = newStore({ maxKeys: 4, onLiveEviction: () => evictions++ })
    const brief = ruleOf(algorithm, { id: 'brief', windowMs: 1000 })
    const long = ruleOf(algorithm, { id: 'long', windowMs: 3_600_000 })
    for (const key of ['a', 'b']) letIn(store, long, key)
    for (const key of ['c', 'd']) letIn(store, brief, key)
    clock.advance(2000)
    letIn(store, brief, 'd')
    // Only c has expired, though a and b were not asked about for longer.
    letIn(store, long, 'e')
    t.equal(evictions, 0, algorithm)
    t.equal(letIn(store, long, 'a'), 0, 'a is still counted')
    // Now b is the oldest: a was asked about, though it was refused.
    letIn(store, long, 'f')
    t.equal(evictions, 1)
    t.equal(store.stats.liveEvictions, 1)
    t.equal(store.stats.keys, 4)
    for (const key of ['a', 'e', 'f']) t.equal(store.usage(long, key).remaining, 0, `${key} stays`)
    t.equal(store.usage(long, 'b').remaining, 10, 'b has a fresh limit')
  }
  t.end()
})

t.test('keys that have expired are given up as others come, without any pressure', (t) => {
  const { store, clock } = newStore({ maxKeys: 100_000, maxBytes: 1e9 })
  const rules = [ruleOf('gcra', { limit: 60 }), ruleOf('sliding-window', { windowMs: 30_000 }), ruleOf('fixed-window', { calendar: 'minute' })]
  for (let i = 0; i < 1000; i++) store.consume(rules.map((rule) => ask(rule, 1, `k${i}`)))
  t.equal(store.stats.keys, 3000)
  clock.advance(120_000)
  for (let i = 0; i < 1100; i++) store.consume([ask(ruleOf('gcra', { id: 'other', windowMs: 1e9 }), 1, `n${i}`)])
  clock.advance(1)
  for (let i = 0; i < 2000; i++) store.consume([ask(ruleOf('gcra', { id: 'other', windowMs: 1e9 }), 1, `m${i}`)])
  t.equal(store.stats.keys, 3100)
  t.equal(store.stats.liveEvictions, 0)
  t.end()
})

t.test('a million keys stay within the bounds, and the latest ones are still counted', (t) => {
  const maxKeys = 100_000
  let evictions = 0
  const { store } = newStore({ maxKeys, maxBytes: 16_000_000, onLiveEviction: () => evictions++ })
  const rule = ruleOf('gcra', { limit: 1, burst: 1 })
  let [mostKeys, mostBytes] = [0, 0]
  for (let i = 0; i < 1_000_000; i++) {
    store.consume([ask(rule, 1, `i10.${i}`)])
    if (i % 1000 !== 0) continue
    mostKeys = Math.max(mostKeys, store.stats.keys)
    mostBytes = Math.max(mostBytes, store.stats.bytes)
  }
  t.equal(store.stats.keys, maxKeys)
  t.ok(mostKeys <= maxKeys && mostBytes <= 16_000_000, `${mostKeys} keys, ${mostBytes} bytes`)
  t.equal(evictions, 900_000)
  let counted = 0
  for (let i = 900_000; i < 1_000_000; i++) if (store.usage(rule, `i10.${i}`).remaining === 0) counted++
  t.equal(counted, maxKeys)
  t.equal(store.usage(rule, 'i10.899999').remaining, 1)
  t.end()
})

t.test('keys that come again and again stay while all others go, and each that goes is told', (t) => {
  const maxKeys = 20_000
  let told = 0
  const { store } = newStore({ maxKeys, maxBytes: 16e6, onLiveEviction: () => told++ })
  const rule = ruleOf('gcra', { limit: 1, burst: 1 })
  const often = Array.from({ length: 1000 }, (_, i) => `often ${i}`)
  for (let i = 0; i < 200_000; i++) {
    store.consume([ask(rule, 1, `i10.${i}`)])
    // Each of them comes again before half of all keys have.
    if (i % 10 === 0) store.charge([ask(rule, 1, often[(i / 10) % often.length])])
  }
  t.equal(store.stats.keys, maxKeys)
  t.equal(store.stats.liveEvictions, told)
  const lost = told + maxKeys - 200_000 - often.length
  t.ok(lost >= 0 && lost < 400, `${lost} of 20000 times one that comes often had gone`)
  let counted = 0
  for (let i = 190_000; i < 200_000; i++) if (store.usage(rule, `i10.${i}`).remaining === 0) counted++
  t.ok(counted > 9700, `${counted} of the latest 10000 are still counted`)
  t.end()
})

t.test('bytes are a bound of their own: many keys and long logs push others out', (t) => {
  const { store } = newStore({ maxKeys: 100_000, maxBytes: 100_000 })
  const rule = ruleOf('gcra', { limit: 1, burst: 1 })
  // However long the text of a key is, it takes the same.
  for (let i = 0; i < 100; i++) store.consume([ask(rule, 1, `${i} ${(i % 2 === 0 ? 'x' : 'ж').repeat(2000)}`)])
  t.strictSame(store.stats, { keys: 100, bytes: 100 * KEY_BYTES, liveEvictions: 0 })
  for (let i = 0; i < 2000; i++) store.consume([ask(rule, 1, `${i}`)])
  const keys = Math.floor(100_000 / KEY_BYTES)
  t.strictSame(store.stats, { keys, bytes: keys * KEY_BYTES, liveEvictions: 2100 - keys })

  const logged = newStore({ maxKeys: 100_000, maxBytes: 100_000 })
  const log = ruleOf('sliding-window', { limit: 100_000 })
  for (let i = 0; i < 100; i++) logged.store.consume([ask(rule, 1, `k${i}`)])
  let most = 0
  for (let i = 0; i < 20_000; i++) {
    logged.clock.advance(0.25)
    logged.store.consume([ask(log, 1, 'busy')])
    most = Math.max(most, logged.store.stats.bytes)
  }
  t.ok(most <= 100_000, `${most} bytes`)
  t.equal(logged.store.usage(log, 'busy').remaining, 80_000, 'a log at its bound forgets nobody')
  logged.clock.advance(3_600_000)
  t.equal(logged.store.usage(log, 'busy').remaining, 100_000)
  for (let i = 0; i < 10; i++) logged.store.consume([ask(ruleOf('sliding-window', { id: 'b' }), 1, `k${i}`)])
  t.ok(logged.store.stats.bytes < 100 * 200 + 10 * 600, `what is gone is not counted: ${logged.store.stats.bytes}`)
  t.end()
})

t.test('a store that is smaller than a request still decides right', (t) => {
  const { store } = newStore({ maxKeys: 1 })
  const rules = ALGORITHMS.map((algorithm) => ruleOf(algorithm))
  for (let i = 0; i < 5; i++) t.ok(store.consume(rules.map((rule) => ask(rule, 10, `k${i}`))).every(({ allowed }) => allowed))
  t.equal(store.stats.keys, 1)
  t.equal(store.stats.liveEvictions, 14)
  t.match(store.consume(rules.map((rule) => ask(rule, 1, 'k4'))), [{ allowed: true }, { allowed: true }, { allowed: false }])
  t.end()
})

t.test('an expired key is found behind many that were asked about again', (t) => {
  const { store, clock } = newStore({ maxKeys: 12 })
  const rule = ruleOf('gcra', { windowMs: 100_000 })
  const keys = Array.from({ length: 11 }, (_, i) => `k${i}`)
  for (const key of keys) store.consume([ask(rule, 1, key)])
  store.consume([ask(rule, 1, 'expired')])
  clock.advance(9000)
  for (const key of keys) store.consume([ask(rule, 9, key)])
  store.consume([ask(rule, 0, 'expired')])
  clock.advance(2000)
  // The others are due as well, and before it; and they were asked about before it.
  store.consume([ask(rule, 1, 'new')])
  t.equal(store.stats.liveEvictions, 0)
  for (const key of keys) t.ok(store.usage(rule, key).remaining < 10, `${key} is still counted`)
  t.end()
})

t.test('a key whose units were all given back is no live one', (t) => {
  const { store } = newStore({ maxKeys: 1 })
  for (const algorithm of ALGORITHMS) {
    const rule = ruleOf(algorithm)
    store.charge([ask(rule, 5), ask(rule, -5)])
  }
  store.consume([ask(ruleOf('gcra'))])
  t.equal(store.stats.liveEvictions, 0)
  t.end()
})

t.test('what a log takes is counted when it grows, and no longer when it has gone', (t) => {
  const { store, clock } = newStore({ maxKeys: 1 })
  const rule = ruleOf('sliding-window')
  letIn(store, rule, 'a')
  const { bytes } = store.stats
  for (let i = 0; i < 20; i++) {
    for (let unit = 0; unit < 10; unit++, clock.advance(1)) store.consume([ask(rule, 1, 'b')])
    t.ok(store.stats.bytes > bytes, 'ten moments take more than one')
    letIn(store, rule, 'a')
    t.equal(store.stats.bytes, bytes)
  }
  const filled = newStore({ maxKeys: 100_000, maxBytes: 100_000 })
  const log = ruleOf('sliding-window', { id: 'log', limit: 1000 })
  filled.store.consume([ask(log, 1, 'busy')])
  for (let i = 0; i < 2000; i++) filled.store.consume([ask(ruleOf('fixed-window'), 1, `k${i}`), ask(log, 0, 'busy')])
  for (let i = 0; i < 900; i++) {
    filled.clock.advance(1)
    filled.store.consume([ask(log, 1, 'busy')])
    if (filled.store.stats.bytes > 100_000) t.fail(`${filled.store.stats.bytes} bytes`)
  }
  t.equal(filled.store.usage(log, 'busy').remaining, 99, 'the log itself stays')
  t.end()
})

t.test('pages that keys needed are there for logs, and the other way round: they grow no further than the bound', (t) => {
  const maxBytes = 4_000_000
  // Pages of earlier stores must not go meanwhile: the second collection waits for what the first one gives back.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const before = process.memoryUsage().arrayBuffers
  const { store, clock } = newStore({ maxKeys: 200_000, maxBytes })
  const rule = ruleOf('sliding-window', { limit: 100 })
  let most = 0
  for (const [moments, keys] of [
    [1, 30_000],
    [30, 4500],
    [12, 9000]
  ] as const) {
    for (let i = 0; i < keys; i++) {
      for (let j = 0; j < moments; j++, clock.advance(0.001)) store.consume([ask(rule, 1, `${moments} ${i}`)])
    }
    most = Math.max(most, store.stats.bytes)
  }
  t.ok(most > 0.95 * maxBytes && most <= maxBytes, `the bound was reached: ${most}`)
  const taken = process.memoryUsage().arrayBuffers - before
  t.ok(taken > 0.5 * maxBytes && taken <= maxBytes, `${taken} bytes of pages`)
  t.end()
})

t.test('a key whose units were all given back goes before one that was not asked about for longer', (t) => {
  for (const algorithm of ALGORITHMS) {
    const { store } = newStore({ maxKeys: 2 })
    const rule = ruleOf(algorithm)
    store.consume([ask(rule, 1, 'older')])
    store.charge([ask(rule, 5, 'given back'), ask(rule, -5, 'given back')])
    store.consume([ask(rule, 1, 'new')])
    t.equal(store.usage(rule, 'older').remaining, 9, algorithm)
    t.equal(store.stats.liveEvictions, 0)
  }
  t.end()
})

t.test('a key that counts no longer since its window is shorter is no live one', (t) => {
  for (const algorithm of ALGORITHMS) {
    const { store, clock } = newStore({ maxKeys: 1 })
    store.consume([ask(ruleOf(algorithm))])
    clock.advance(2000)
    store.peek([ask(ruleOf(algorithm, { windowMs: 1000 }))])
    store.consume([ask(ruleOf('gcra'), 1, 'other')])
    t.equal(store.stats.liveEvictions, 0, algorithm)
  }
  t.end()
})
