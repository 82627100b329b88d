import fc from '../support/property.ts'
import t from 'tap'
import { createRoundRobin } from '../../src/policy/balancer/round-robin.ts'
import { anyone, counts, NOW, picks, weighted } from './candidates.ts'

t.test('round-robin takes each candidate in turn, whatever its weight and wherever it begins', async (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 5 }), (start, size, rounds) => {
      const candidates = weighted(Object.fromEntries(Array.from({ length: size }, (_one, i) => [`e${i}`, i + 1])))
      const taken = picks(createRoundRobin(start), candidates, size * rounds)
      const order = new Set(taken.slice(0, size))
      return order.size === size && Object.values(counts(taken)).every((count) => count === rounds)
    })
  )
  t.equal(createRoundRobin(0).pick([], anyone, NOW), null)
})

t.test('gateways that start together begin at different candidates', async (t) => {
  const candidates = weighted({ a: 1, b: 1, c: 1 })
  const first = [0, 1, 2, 3].map((start) => picks(createRoundRobin(start), candidates, 1)[0])
  t.same(first, ['a', 'b', 'c', 'a'])
})

t.test('round-robin goes on evenly when candidates come and go', async (t) => {
  const balancer = createRoundRobin(0)
  picks(balancer, weighted({ a: 1, b: 1, c: 1 }), 4)
  t.same(counts(picks(balancer, weighted({ a: 1, b: 1 }), 10)), { a: 5, b: 5 })
  t.same(counts(picks(balancer, weighted({ a: 1, b: 1, c: 1, d: 1 }), 40)), { a: 10, b: 10, c: 10, d: 10 })
})

t.test('first attempts stay even while one endpoint fails and its requests are tried again elsewhere', async (t) => {
  for (const size of [2, 3, 4, 5]) {
    const balancer = createRoundRobin(0)
    const all = weighted(Object.fromEntries(Array.from({ length: size }, (_one, i) => [`e${i}`, 1])))
    const first: string[] = []
    const second: string[] = []
    for (let request = 0; request < 60 * size; request++) {
      const key = balancer.pick(all, anyone, NOW)?.key ?? '-'
      first.push(key)
      if (key === 'e0') second.push(...picks(balancer, weighted(Object.fromEntries(all.slice(1).map((one) => [one.key, 1]))), 1))
    }
    t.same(counts(first), Object.fromEntries(all.map((one) => [one.key, 60])))
    t.same(counts(second), Object.fromEntries(all.slice(1).map((one) => [one.key, 60 / (size - 1)])))
  }
})
