import fc from '../support/property.ts'
import t from 'tap'
import { createWeightedRoundRobin } from '../../src/policy/balancer/weighted-round-robin.ts'
import { counts, picks, weighted } from './candidates.ts'

t.test('weights 5, 1, 1 give A A B A C A A', async (t) => {
  t.equal(picks(createWeightedRoundRobin(), weighted({ A: 5, B: 1, C: 1 }), 14).join(' '), 'A A B A C A A A A B A C A A')
})

t.test('an empty list gives null', async (t) => {
  t.equal(createWeightedRoundRobin().pick([], { clientIp: '' }), null)
})

t.test('over k cycles every endpoint gets exactly k times its weight, and two balancers agree', async () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 3 }), (weights, cycles) => {
      const shares = Object.fromEntries(weights.map((weight, i) => [`e${i}`, weight]))
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      const taken = picks(createWeightedRoundRobin(), weighted(shares), total * cycles)
      const again = picks(createWeightedRoundRobin(), weighted(shares), total * cycles)
      return Object.entries(counts(taken)).every(([key, count]) => count === (shares[key] ?? 0) * cycles) && taken.join() === again.join()
    })
  )
})

t.test('an endpoint that comes back is not owed what it missed', async (t) => {
  const balancer = createWeightedRoundRobin()
  const both = weighted({ a: 1, b: 1 })
  picks(balancer, both, 3)
  picks(balancer, weighted({ a: 1 }), 1000)
  t.ok((counts(picks(balancer, both, 10)).b ?? 0) <= 6)
})

t.test('what an endpoint is owed is forgotten when many others have come and gone', async (t) => {
  const balancer = createWeightedRoundRobin()
  const pair = weighted({ a: 1, b: 1 })
  t.same(picks(balancer, pair, 1), ['a'], 'b is next')
  for (let i = 0; i < 100; i++) picks(balancer, weighted({ [`new${i}`]: 1 }), 1)
  t.same(picks(balancer, pair, 1), ['a'])
})
