/**
 * What the policies of one permitted request cost together, in nanoseconds: `node bench/micro/policies.ts`. The median of the rounds is
 * printed, with the lowest and the highest.
 */
import { createBalancer } from '../../src/policy/balancer/create.ts'
import { createBreaker } from '../../src/policy/breaker/breaker.ts'
import { createBulkhead } from '../../src/policy/bulkhead/bulkhead.ts'
import { createEndpointSet } from '../../src/policy/health/endpoint-set.ts'
import { createRetryBudget } from '../../src/policy/retry/budget.ts'
import { allocateSharedBreakers, BreakerDirectory } from '../../src/stores/shared/breaker-directory.ts'

const ROUNDS = 15
const PER_ROUND = 500_000

const endpoints = ['a', 'b', 'c'].map((key) => ({ key, weight: 1, zone: null, inFlight: 0, latencyMs: 0, latencyAtMs: 0, sinceMs: -Infinity }))
const outlier = {
  consecutiveFailures: 5,
  failureRatio: 0.5,
  minimumRequests: 20,
  windowMs: 10_000,
  ejectMs: 10_000,
  maxEjectMs: 300_000,
  maxEjectedRatio: 0.5
}
const breakerRule = {
  windowMs: 10_000,
  minimumRequests: 20,
  failureRatio: 0.5,
  slowCallMs: 1000,
  slowCallRatio: 0.5,
  consecutiveFailures: 5,
  openMs: 5000,
  maxOpenMs: 60_000,
  jitter: 0.1,
  halfOpenRequests: 5,
  halfOpenSuccesses: 5
}
const START = 9_007_199_254

function cases(): Readonly<Record<string, (now: number) => void>> {
  const budget = createRetryBudget({ ratio: 0.2, minPerSecond: 3, windowMs: 10_000 })
  const bare = createEndpointSet(endpoints, { outlier: null, panicThreshold: 0.1, zone: null }, Math.random, START, () => {})
  const watched = createEndpointSet(endpoints, { outlier, panicThreshold: 0.1, zone: null }, Math.random, START, () => {})
  const breaker = createBreaker(breakerRule, Math.random, () => {})
  const directory = new BreakerDirectory(allocateSharedBreakers(8), 0, () => {})
  const sharedBreaker = createBreaker(breakerRule, Math.random, () => {}, directory.take('upstream:orders'))
  const places = createBulkhead({ maxConcurrent: 100, maxQueued: 100, queueTimeoutMs: 1000, adaptive: null })
  const balancer = createBalancer({ algorithm: 'least-connections', slowStartMs: 0 }, Math.random)
  const hint = { clientIp: '127.0.0.1', hashKey: null }
  const pick = (set: typeof watched, now: number): string => {
    set.takeProbe(now)
    return balancer.pick(set.usable(now), hint, now)?.key ?? ''
  }
  return {
    budget: (now) => budget.request(now),
    breaker: (now) => breaker.tryAcquire(now)?.settle('success', now, 5),
    'breaker of all workers': (now) => sharedBreaker.tryAcquire(now)?.settle('success', now, 5),
    bulkhead() {
      places.tryEnter()
      places.leave(5, false)
    },
    'health and balancer': (now) => watched.settle(pick(watched, now), 'success', now),
    'nothing configured': (now) => {
      budget.request(now)
      bare.settle(pick(bare, now), 'success', now)
    },
    'everything configured': (now) => {
      budget.request(now)
      places.tryEnter()
      const permit = breaker.tryAcquire(now)
      const key = pick(watched, now)
      permit?.settle('success', now, 5)
      watched.settle(key, 'success', now)
      places.leave(5, false)
    }
  }
}

for (const [name, run] of Object.entries(cases())) {
  const rounds: number[] = []
  let now = START
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now()
    for (let i = 0; i < PER_ROUND; i++) run((now += 0.1))
    rounds.push(((performance.now() - from) * 1e6) / PER_ROUND)
  }
  // The first ones run code that is not compiled yet.
  const sorted = rounds.slice(3).toSorted((a, b) => a - b)
  const [low, median, high] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((ns) => (ns ?? 0).toFixed(0))
  console.log(`${name.padEnd(24)} ${median?.padStart(5)} ns   (${low} to ${high})`)
}
