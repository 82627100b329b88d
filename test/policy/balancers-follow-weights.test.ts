import t from 'tap'
import { createBalancer } from '../../src/policy/balancer/create.ts'
import { effectiveWeight } from '../../src/policy/balancer/slow-start.ts'
import type { BalancerAlgorithm } from '../../src/policy/balancer/types.ts'
import { seeded } from '../support/random.ts'
import { anyone, candidate, counts, heldPicks, NOW, picks, weighted, worstDeviation } from './candidates.ts'

const weights = { a: 6, b: 4, c: 3, d: 2 }
const SLOW_START_MS = 30_000

/** By the number of requests. */
const byTurn = ['weighted-round-robin', 'random', 'consistent-hash'] as const
/** By the load that they see: what they choose follows the weights as requests pile up. */
const byLoad = ['least-connections', 'two-choices', 'least-latency'] as const

const create = (algorithm: BalancerAlgorithm, slowStartMs = 0, seed = 7) => createBalancer({ algorithm, slowStartMs }, seeded(seed))

for (const algorithm of byTurn) {
  t.test(`${algorithm} gives every endpoint its share within 1 %`, async (t) => {
    t.ok(worstDeviation(picks(create(algorithm), weighted(weights), 300_000), weights) < 0.01)
  })
}

for (const algorithm of byLoad) {
  t.test(`${algorithm} loads every endpoint by its weight within 1 %, also one that outweighs all others together`, async (t) => {
    t.ok(worstDeviation(heldPicks(create(algorithm), weighted(weights), 30_000), weights) < 0.01)
    const heavy = { a: 8, b: 1, c: 1 }
    t.ok(worstDeviation(heldPicks(create(algorithm), weighted(heavy), 20_000), heavy) < 0.01)
  })

  t.test(`${algorithm} is fair among equals that are idle`, async (t) => {
    const equals = { a: 1, b: 1, c: 1, d: 1 }
    t.ok(worstDeviation(picks(create(algorithm), weighted(equals), 100_000), equals) < 0.02)
  })
}

t.test('least-connections is fair among the equals of a list that has others in between', async (t) => {
  const list = [candidate('a'), candidate('b', { inFlight: 1 }), candidate('c'), candidate('d', { inFlight: 9 }), candidate('e')]
  const taken = picks(create('least-connections'), list, 100_000)
  t.ok(worstDeviation(taken, { a: 1, c: 1, e: 1 }) < 0.02)
})

t.test('least-connections takes the lowest load for its weight', async (t) => {
  const pick = (...list: ReturnType<typeof candidate>[]) => create('least-connections').pick(list, anyone, NOW)?.key
  t.equal(pick(candidate('a', { inFlight: 2 }), candidate('b', { inFlight: 1 }), candidate('c', { inFlight: 3 })), 'b')
  t.equal(pick(candidate('a', { inFlight: 1 }), candidate('b', { inFlight: 4, weight: 3 })), 'b', '5/3 is less than 2')
  t.equal(pick(candidate('a', { inFlight: 1 }), candidate('b', { inFlight: 6, weight: 3 })), 'a', '7/3 is more than 2')
})

t.test('two-choices compares two different candidates and never takes the only one that is more loaded', async (t) => {
  const list = [candidate('a'), candidate('b', { inFlight: 1 }), candidate('c', { inFlight: 2 })]
  const got = counts(picks(create('two-choices'), list, 30_000))
  t.equal(got.c, undefined)
  t.ok(Math.abs((got.b ?? 0) - 10_000) < 300, 'b wins the third of pairs that a is not in')
})

t.test('a tie of two-choices and least-latency falls to the one drawn first, so that it follows the weights', async (t) => {
  // All carry two attempts for each unit of weight, this one counted in.
  const list = [candidate('a', { weight: 6, inFlight: 11 }), candidate('b', { weight: 3, inFlight: 5 }), candidate('c', { weight: 1, inFlight: 1 })]
  for (const algorithm of ['two-choices', 'least-latency'] as const) {
    t.ok(worstDeviation(picks(create(algorithm), list, 200_000), { a: 6, b: 3, c: 1 }) < 0.02)
  }
})

t.test('slow start grows in a straight line from a tenth to all of the weight', async (t) => {
  const newcomer = candidate('new', { weight: 40, sinceMs: NOW })
  const at = (ageMs: number) => effectiveWeight(newcomer, NOW + ageMs, SLOW_START_MS)
  t.equal(at(0), 4)
  t.equal(at(-3), 4, 'a clock read before the endpoint was let in')
  const steps = Array.from({ length: 30 }, (_one, i) => at((i + 1) * 1000) - at(i * 1000))
  t.ok(steps.every((step) => Math.abs(step - 36 / 30) < 1e-9))
  t.equal(at(SLOW_START_MS), 40)
  t.equal(at(SLOW_START_MS * 1000), 40)
  t.equal(effectiveWeight(newcomer, NOW, 0), 40, 'no slow start')
  t.equal(effectiveWeight(candidate('old', { weight: 40 }), NOW, SLOW_START_MS), 40)
})

for (const algorithm of ['weighted-round-robin', 'random', ...byLoad] as const) {
  t.test(`${algorithm} lets a newcomer grow within 2 % of the line`, async (t) => {
    for (const [ageMs, share] of [
      [0, 0.1],
      [10_000, 0.4],
      [20_000, 0.7],
      [30_000, 1]
    ] as const) {
      const list = [candidate('a', { weight: 2 }), candidate('b', { weight: 2 }), candidate('new', { weight: 2, sinceMs: NOW - ageMs })]
      const balancer = create(algorithm, SLOW_START_MS)
      const byLoadSeen = (byLoad as readonly string[]).includes(algorithm)
      const taken = byLoadSeen ? heldPicks(balancer, list, 20_000) : picks(balancer, list, 150_000)
      t.ok(worstDeviation(taken, { a: 1, b: 1, new: share }) < 0.02, `${share} after ${ageMs} ms`)
    }
  })
}

for (const algorithm of ['round-robin', 'consistent-hash'] as const) {
  t.test(`${algorithm} leaves slow start out`, async (t) => {
    const list = [candidate('a'), candidate('b'), candidate('new', { sinceMs: NOW })]
    t.ok(worstDeviation(picks(create(algorithm, SLOW_START_MS), list, 90_000), { a: 1, b: 1, new: 1 }) < 0.02)
  })
}
