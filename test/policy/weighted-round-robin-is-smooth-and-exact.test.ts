import fc from '../support/property.ts'
import t from 'tap'
import { createWeightedRoundRobin } from '../../src/policy/balancer/weighted-round-robin.ts'
import { anyone, counts, NOW, picks, weighted } from './candidates.ts'

t.test('weights 5, 1, 1 give A A B A C A A', async (t) => {
  t.equal(picks(createWeightedRoundRobin(0), weighted({ A: 5, B: 1, C: 1 }), 14).join(' '), 'A A B A C A A A A B A C A A')
})

t.test('an empty list gives null', async (t) => {
  t.equal(createWeightedRoundRobin(0).pick([], anyone, NOW), null)
})

t.test('over k cycles every endpoint gets exactly k times its weight, and two balancers agree', async () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 3 }), (weights, cycles) => {
      const shares = Object.fromEntries(weights.map((weight, i) => [`e${i}`, weight]))
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      const taken = picks(createWeightedRoundRobin(0), weighted(shares), total * cycles)
      const again = picks(createWeightedRoundRobin(0), weighted(shares), total * cycles)
      return Object.entries(counts(taken)).every(([key, count]) => count === (shares[key] ?? 0) * cycles) && taken.join() === again.join()
    })
  )
})

t.test('an endpoint goes on where it was, in whatever list and place it is offered', async (t) => {
  const balancer = createWeightedRoundRobin(0)
  const lists = ['ABC', 'CBA', 'BAC', 'BCA'].map((order) => weighted(Object.fromEntries(Array.from(order, (key) => [key, key === 'A' ? 5 : 1]))))
  const taken = Array.from({ length: 70 }, (_one, i) => picks(balancer, lists[i % lists.length] ?? [], 1)[0] ?? '-')
  t.same(counts(taken), { A: 50, B: 10, C: 10 })
})

t.test('first attempts keep to the weights while one endpoint fails and its requests are tried again elsewhere', async (t) => {
  const balancer = createWeightedRoundRobin(0)
  const all = weighted({ a: 1, b: 1, c: 2 })
  const first: string[] = []
  for (let request = 0; request < 4000; request++) {
    const [key] = picks(balancer, all, 1)
    first.push(key ?? '-')
    if (key === 'a') picks(balancer, weighted({ b: 1, c: 2 }), 1)
  }
  t.same(counts(first).a, 1000)
})

t.test('an endpoint that comes back is not owed what it missed', async (t) => {
  const balancer = createWeightedRoundRobin(0)
  const both = weighted({ a: 1, b: 1 })
  picks(balancer, both, 3)
  picks(balancer, weighted({ a: 1 }), 1000)
  t.ok((counts(picks(balancer, both, 10)).b ?? 0) <= 6)
})

t.test('what an endpoint is owed is forgotten when many others have come and gone', async (t) => {
  const balancer = createWeightedRoundRobin(0)
  t.same(picks(balancer, weighted({ a: 1, b: 1 }), 1), ['a'], 'b is next')
  for (let i = 0; i < 10; i++) picks(balancer, weighted({ [`new${i}`]: 1 }), 1)
  t.same(picks(balancer, weighted({ a: 1, b: 1 }), 1), ['b'], 'a is next')
  t.same(picks(balancer, weighted({ a: 1, b: 1 }), 1), ['a'], 'b is next')
  for (let i = 0; i < 2000; i++) picks(balancer, weighted({ [`other${i}`]: 1 }), 1)
  t.same(picks(balancer, weighted({ a: 1, b: 1 }), 1), ['a'])
})
