import fc from '../support/property.ts'
import t from 'tap'
import { createBalancer } from '../../src/policy/balancer/create.ts'
import { ALGORITHMS, type PickHint } from '../../src/policy/balancer/types.ts'
import { seeded } from '../support/random.ts'
import { anyone, candidate, type LiveCandidate, NOW } from './candidates.ts'

const slowStarts = [0, 30_000]

const member = fc.record({
  weight: fc.integer({ min: 1, max: 1000 }),
  inFlight: fc.nat({ max: 50 }),
  latencyMs: fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 60_000, noNaN: true })),
  latencyAtMs: fc.oneof(fc.constant(0), fc.integer({ min: NOW - 1e9, max: NOW + 5 })),
  sinceMs: fc.oneof(fc.constant(-Infinity), fc.integer({ min: NOW - 60_000, max: NOW + 5 }))
})
const members = fc.array(member, { minLength: 1, maxLength: 12 })
const hint: fc.Arbitrary<PickHint> = fc.record({ clientIp: fc.oneof(fc.ipV4(), fc.ipV6()), hashKey: fc.option(fc.string()) })

/** Which of the members are offered, in which order, to whom, and whether with the array of the last time. */
const step = fc.record({ order: fc.array(fc.nat({ max: 11 }), { maxLength: 14 }), hint, again: fc.boolean(), laterMs: fc.nat({ max: 100_000 }) })

for (const algorithm of ALGORITHMS) {
  t.test(`${algorithm} picks one of the list, whatever lists follow one another, and null only from an empty one`, async () => {
    fc.assert(
      fc.property(members, fc.array(step, { maxLength: 30 }), fc.constantFrom(...slowStarts), fc.nat(), (facts, steps, slowStartMs, seed) => {
        const all = facts.map((one, i) => candidate(`http://10.0.0.${i}:8080`, one))
        const balancer = createBalancer({ algorithm, slowStartMs }, seeded(seed))
        const twin = createBalancer({ algorithm, slowStartMs }, seeded(seed))
        let list: LiveCandidate[] = []
        let now = NOW
        for (const { order, hint, again, laterMs } of steps) {
          if (!again) list = [...new Set(order)].flatMap((index) => all[index] ?? [])
          now += laterMs
          const picked = balancer.pick(list, hint, now)
          if (picked === null ? list.length > 0 : !list.includes(picked)) return false
          if (twin.pick(list, hint, now) !== picked) return false
          if (picked !== null) picked.inFlight = (picked.inFlight * 7 + 1) % 40
        }
        return true
      })
    )
  })

  t.test(`${algorithm} knows an empty list, a single candidate and the ends of the random range`, async (t) => {
    for (const slowStartMs of slowStarts) {
      for (const chance of [0, 0.5, 1 - 2 ** -53]) {
        const balancer = createBalancer({ algorithm, slowStartMs }, () => chance)
        const list = [0.1, 0.2, 0.3].map((weight, i) => candidate(`e${i}`, { weight, sinceMs: NOW - i * 7000 }))
        t.equal(balancer.pick([], anyone, NOW), null)
        t.equal(balancer.pick(list.slice(0, 1), anyone, NOW), list[0])
        for (let i = 0; i < 10; i++) t.ok(list.includes(balancer.pick(list, anyone, NOW) as LiveCandidate))
      }
    }
  })
}

t.test('a list of the same length as the last is not taken for it', async (t) => {
  for (const algorithm of ['ip-hash', 'consistent-hash'] as const) {
    const hint: PickHint = { clientIp: '192.0.2.7', hashKey: 'cart-4711' }
    const names = Array.from({ length: 20 }, (_one, i) => `e${i}`)
    // What was asked before must not change the owner of a key.
    const fresh = (list: readonly LiveCandidate[]) => createBalancer({ algorithm, slowStartMs: 0 }, seeded(1)).pick(list, hint, NOW)?.key
    const balancer = createBalancer({ algorithm, slowStartMs: 0 }, seeded(1))
    for (let start = 0; start + 3 <= names.length; start++) {
      const list = names.slice(start, start + 3).map((key) => candidate(key))
      t.equal(balancer.pick(list, hint, NOW)?.key, fresh(list), `${algorithm} from ${start}`)
    }
  }
})
