import t from 'tap'
import type { LimitAlgorithm, LimitRule, LimitStore } from '../../src/plugin-api/index.ts'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { WatchedLimits } from '../../src/simulation/watched-limits.ts'
import { createMemoryStore } from '../../src/stores/memory/memory-store.ts'
import fc from '../support/property.ts'

function ruleOf(algorithm: LimitAlgorithm, more: Partial<LimitRule> = {}): LimitRule {
  return { id: 'r', algorithm, limit: 10, burst: 4, windowMs: 1000, calendar: null, ...more }
}

const LIMITLESS: LimitStore = {
  consume: (questions) => questions.map(() => ({ allowed: true, remaining: 1, resetMs: 0, retryAfterMs: 0 })),
  charge() {},
  peek: () => []
}

function watch(clock: FakeClock, store: LimitStore): { readonly limits: WatchedLimits; readonly told: string[] } {
  const told: string[] = []
  return {
    limits: new WatchedLimits(
      store,
      () => clock.now(),
      (detail) => told.push(detail)
    ),
    told
  }
}

t.test('one unit more than a window may have is noticed, whatever the algorithm', (t) => {
  const most = { gcra: 14, 'sliding-window': 10, 'fixed-window': 20 }
  for (const algorithm of ['gcra', 'sliding-window', 'fixed-window'] as const) {
    const clock = new FakeClock()
    const { limits, told } = watch(clock, LIMITLESS)
    const consume = (cost: number): unknown => limits.consume([{ rule: ruleOf(algorithm), key: 'k', cost }])
    consume(1)
    clock.advance(999)
    consume(most[algorithm] - 1)
    t.same(told, [], `${algorithm}: just as many`)
    consume(1)
    t.same(told, [`r for k: ${most[algorithm] + 1} in 1000 ms instead of ${most[algorithm]}`], `${algorithm}: one more`)
  }
  t.end()
})

t.test('what was given back, is over, or belongs to another key does not count', (t) => {
  const clock = new FakeClock()
  const { limits, told } = watch(clock, LIMITLESS)
  const rule = ruleOf('sliding-window')
  limits.consume([{ rule, key: 'k', cost: 10 }])
  limits.consume([{ rule, key: 'other', cost: 10 }])
  limits.charge([{ rule, key: 'k', cost: -4 }])
  limits.consume([{ rule, key: 'k', cost: 4 }])
  clock.advance(1000)
  limits.consume([{ rule, key: 'k', cost: 10 }])
  t.same(told, [])
  limits.charge([{ rule, key: 'k', cost: -1 }])
  limits.consume([{ rule, key: 'k', cost: 2 }])
  t.equal(told.length, 1)
  t.end()
})

t.test('the store of the gateway never gives a reason', (t) => {
  const deed = fc.record({
    waitMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 300, noNaN: true }), fc.constantFrom(300, 1000)),
    cost: fc.integer({ min: -3, max: 6 }),
    key: fc.constantFrom('a', 'b'),
    rule: fc.constantFrom(ruleOf('gcra'), ruleOf('sliding-window'), ruleOf('fixed-window'), ruleOf('gcra', { id: 's', limit: 7, windowMs: 300 }))
  })
  let admitted = 0
  fc.assert(
    fc.property(fc.array(deed, { minLength: 60, maxLength: 80 }), (deeds) => {
      const clock = new FakeClock()
      const { limits, told } = watch(clock, createMemoryStore({ maxKeys: 100, maxBytes: 1e6, clock }))
      for (const { waitMs, cost, key, rule } of deeds) {
        clock.advance(waitMs)
        if (cost < 0) limits.charge([{ rule, key, cost }])
        else admitted += limits.consume([{ rule, key, cost }])[0]?.allowed === true ? cost : 0
      }
      return told.length === 0
    })
  )
  t.ok(admitted > 1000, `${admitted} units were admitted`)
  t.end()
})
