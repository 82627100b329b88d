import t from 'tap'
import { createBalancer } from '../../src/policy/balancer/create.ts'
import type { BalancerAlgorithm } from '../../src/policy/balancer/types.ts'
import { seeded } from '../support/random.ts'
import { simulate } from './balancer-simulation.ts'
import { anyone, candidate, counts, heldPicks, NOW, picks } from './candidates.ts'

const create = (algorithm: BalancerAlgorithm) => createBalancer({ algorithm, slowStartMs: 0 }, seeded(13))

/** The share of `slow`, which takes ten times as long as `a` and `b`; about five requests run at each of these. */
function shareOfSlow(algorithm: BalancerAlgorithm, requests = 30_000): number {
  const endpoints = [candidate('a'), candidate('slow'), candidate('b')]
  const answerMs = (key: string) => (key === 'slow' ? 100 : 10)
  const taken = simulate(create(algorithm), endpoints, { requests, meanGapMs: 1, answerMs, random: seeded(17) })
  return (counts(taken)['slow'] ?? 0) / requests
}

t.test('round-robin and random send a third to an endpoint that is ten times slower', async (t) => {
  t.ok(Math.abs(shareOfSlow('round-robin') - 1 / 3) < 0.001)
  t.ok(Math.abs(shareOfSlow('random') - 1 / 3) < 0.01)
})

t.test('least-connections, two-choices and least-latency send it a few percent', async (t) => {
  const shares = { least: shareOfSlow('least-connections'), two: shareOfSlow('two-choices'), latency: shareOfSlow('least-latency') }
  t.comment(shares)
  t.ok(shares.two < 0.15)
  t.ok(shares.least < 0.15)
  t.ok(shares.latency < 0.05)
  t.ok(Math.min(shares.two, shares.least, shares.latency) > 0, 'it is still tried')
})

t.test('least-latency sees a slow endpoint even when hardly anything is in flight, where counting does not', async (t) => {
  const slow = (algorithm: BalancerAlgorithm) => {
    const answerMs = (key: string) => (key === 'slow' ? 100 : 10)
    const endpoints = [candidate('a'), candidate('slow'), candidate('b')]
    const taken = simulate(create(algorithm), endpoints, { requests: 5000, meanGapMs: 500, answerMs, random: seeded(19) })
    return (counts(taken)['slow'] ?? 0) / taken.length
  }
  t.ok(slow('least-latency') < 0.1)
  t.ok(slow('least-connections') > 0.25)
})

t.test('least-latency comes back to an endpoint that has become quick again', async (t) => {
  const endpoints = [candidate('a'), candidate('b'), candidate('c')]
  const answerMs = (key: string, now: number) => (key === 'b' && now < NOW + 20_000 ? 100 : 10)
  const taken = simulate(create('least-latency'), endpoints, { requests: 140_000, meanGapMs: 1, answerMs, random: seeded(23) })
  const shareOfB = (from: number, to: number) => (counts(taken.slice(from, to))['b'] ?? 0) / (to - from)
  t.ok(shareOfB(2000, 20_000) < 0.05)
  t.ok(shareOfB(100_000, 140_000) > 0.25)
})

t.test('least-latency chooses by latency, attempts in flight and weight together', async (t) => {
  const measured = (key: string, latencyMs: number, inFlight = 0, weight = 1, latencyAtMs = NOW) =>
    candidate(key, { latencyMs, inFlight, weight, latencyAtMs })
  const winner = (...list: ReturnType<typeof candidate>[]) => Object.keys(counts(picks(create('least-latency'), list, 50))).join()
  t.equal(winner(measured('a', 20), measured('b', 10)), 'b')
  t.equal(winner(measured('a', 20), measured('b', 10, 2)), 'a')
  t.equal(winner(measured('a', 20, 0, 5), measured('b', 10)), 'a')
  t.equal(winner(measured('a', 20, 0, 1, NOW - 10_000), measured('b', 10)), 'a', 'after 10 s 7.4 is left of 20')
})

t.test('least-latency tries an endpoint that was never measured, one request at a time, and no more than its share', async (t) => {
  const quick = () => ['a', 'b', 'c'].map((key) => candidate(key, { latencyMs: 10, latencyAtMs: NOW, inFlight: 3 }))
  const held = counts(heldPicks(create('least-latency'), [...quick(), candidate('new')], 1000))
  t.equal(held['new'], 1, 'its answer is waited for')
  const refusing = counts(picks(create('least-latency'), [...quick(), candidate('new')], 20_000))
  t.ok(Math.abs((refusing['new'] ?? 0) - 5000) < 250, 'however idle it is')
})

t.test('least-latency divides by load while nothing at all is measured', async (t) => {
  const list = ['a', 'b', 'c'].map((key) => candidate(key))
  const held = Object.values(counts(heldPicks(create('least-latency'), list, 3000)))
  t.ok(Math.max(...held) - Math.min(...held) <= 6)
  t.equal(create('least-latency').pick([candidate('a', { inFlight: 2 }), candidate('b')], anyone, NOW)?.key, 'b')
})
