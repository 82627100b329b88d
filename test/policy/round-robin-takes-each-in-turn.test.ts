import fc from '../support/property.ts'
import t from 'tap'
import { createRoundRobin } from '../../src/policy/balancer/round-robin.ts'
import { counts, picks, weighted } from './candidates.ts'

t.test('round-robin takes each candidate in turn, whatever its weight and wherever it begins', async (t) => {
  fc.assert(
    fc.property(fc.nat({ max: 2000 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 5 }), (start, size, rounds) => {
      const candidates = weighted(Object.fromEntries(Array.from({ length: size }, (_one, i) => [`e${i}`, i + 1])))
      const taken = picks(createRoundRobin(start), candidates, size * rounds)
      const order = new Set(taken.slice(0, size))
      return order.size === size && Object.values(counts(taken)).every((count) => count === rounds)
    })
  )
  t.equal(createRoundRobin(0).pick([], { clientIp: '' }), null)
})

t.test('round-robin goes on evenly when candidates come and go', async (t) => {
  const balancer = createRoundRobin(0)
  picks(balancer, weighted({ a: 1, b: 1, c: 1 }), 4)
  t.same(counts(picks(balancer, weighted({ a: 1, b: 1 }), 10)), { a: 5, b: 5 })
  t.same(counts(picks(balancer, weighted({ a: 1, b: 1, c: 1, d: 1 }), 40)), { a: 10, b: 10, c: 10, d: 10 })
})

t.test('the counter wraps without a gap', async (t) => {
  const taken = picks(createRoundRobin(0x7fffffff - 4), weighted({ a: 1, b: 1 }), 8)
  t.notOk(taken.includes('-'))
})
