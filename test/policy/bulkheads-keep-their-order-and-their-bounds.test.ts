import t from 'tap'
import { createBulkhead } from '../../src/policy/bulkhead/bulkhead.ts'
import { createGradientLimit } from '../../src/policy/bulkhead/gradient.ts'
import type { BulkheadRule, Waiter } from '../../src/policy/bulkhead/types.ts'
import fc from '../support/property.ts'
import { seeded } from '../support/random.ts'

const START = 9_007_199_254_741
const rule = (maxConcurrent: number, maxQueued: number): BulkheadRule => ({ maxConcurrent, maxQueued, queueTimeoutMs: 1000, adaptive: null })

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant({ do: 'arrive' } as const) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat(50) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('give up' as const), which: fc.nat(50) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('resize' as const), places: fc.integer({ min: 1, max: 6 }) }) }
  ),
  { maxLength: 150, size: 'max' }
)

t.test('any order of arrivals, departures and resizes serves in order, within the bounds, and loses nobody', (t) => {
  let queuedAtAll = 0
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 5 }), steps, (places, queue, sequence) => {
      const bulkhead = createBulkhead(rule(places, queue))
      let limit = places
      const inside: number[] = []
      const waiting: number[] = []
      const waiters = new Map<number, Waiter>()
      const served: number[] = []
      let next = 0
      for (const step of sequence) {
        if (step.do === 'arrive') {
          const id = next++
          const enters = inside.length < limit && waiting.length === 0
          if (bulkhead.tryEnter() !== enters) return false
          if (enters) {
            inside.push(id)
            continue
          }
          const waiter: Waiter = { run: () => served.push(id) }
          const fits = waiting.length < queue
          if (bulkhead.enqueue(waiter) !== fits) return false
          if (!fits) continue
          queuedAtAll++
          waiters.set(id, waiter)
          waiting.push(id)
        } else if (step.do === 'leave') {
          if (inside.length === 0) continue
          inside.splice(step.which % inside.length, 1)
          bulkhead.leave(1, false)
        } else if (step.do === 'give up') {
          const [id] = waiting.splice(step.which % Math.max(1, waiting.length), 1)
          if (id !== undefined && !bulkhead.dequeue(waiters.get(id) as Waiter)) return false
        } else {
          limit = step.places
          bulkhead.configure(rule(limit, queue))
        }
        while (inside.length < limit && waiting.length > 0) {
          const first = waiting.shift() as number
          if (served.shift() !== first) return false
          inside.push(first)
        }
        if (served.length > 0 || bulkhead.running !== inside.length || bulkhead.queued !== waiting.length) return false
      }
      return true
    }),
    { numRuns: 3000 }
  )
  t.ok(queuedAtAll > 1000)
  t.end()
})

t.test('a waiter that gave up is not there any more, and one that had its turn neither', (t) => {
  const bulkhead = createBulkhead(rule(1, 5))
  bulkhead.tryEnter()
  let turns = 0
  const waiter: Waiter = { run: () => turns++ }
  bulkhead.enqueue(waiter)
  bulkhead.leave(null, false)
  t.equal(turns, 1)
  t.equal(bulkhead.dequeue(waiter), false)
  t.end()
})

t.test('ten thousand waiters that leave as soon as it is their turn do not grow the stack', (t) => {
  const bulkhead = createBulkhead(rule(1, 10_000))
  bulkhead.tryEnter()
  let turns = 0
  for (let i = 0; i < 10_000; i++) {
    bulkhead.enqueue({
      run() {
        turns++
        bulkhead.leave(1, false)
      }
    })
  }
  bulkhead.leave(1, false)
  t.equal(turns, 10_000)
  t.equal(bulkhead.running, 0)
  t.end()
})

/**
 * A server with so many workers and a service time around 10 ms, and clients that always want more: what the limit settles at. Latency is
 * counted from the sending, as the gateway sees it.
 */
function settle(workers: number, serviceMs: (now: number) => number, seconds: number) {
  const gradient = createGradientLimit({ minConcurrent: 4, initialConcurrent: 8, tolerance: 1.5 }, 200)
  const random = seeded(7)
  const free = Array.from({ length: workers }, () => START)
  const running: { started: number; done: number }[] = []
  const limits: number[] = []
  const latencies: number[] = []
  let now = START
  while (now < START + seconds * 1000) {
    while (running.length < gradient.limit) {
      const worker = free.indexOf(Math.min(...free))
      const done = Math.max(now, free[worker] ?? 0) + serviceMs(now - START) * (0.8 + 0.4 * random())
      free[worker] = done
      running.push({ started: now, done })
    }
    running.sort((a, b) => a.done - b.done)
    const first = running.shift() as { started: number; done: number }
    now = first.done
    gradient.sample(now - first.started, running.length + 1, false)
    limits.push(gradient.limit)
    latencies.push(now - first.started)
  }
  const late = Math.floor(limits.length / 2)
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return { limit: mean(limits.slice(late)), latencyMs: mean(latencies.slice(late)), limits }
}

t.test('the adaptive limit settles near what the server can do, and latency stays near the service time', (t) => {
  const { limit, latencyMs } = settle(20, () => 10, 60)
  t.ok(limit > 15 && limit < 60, `limit ${limit.toFixed(1)} for 20 workers`)
  t.ok(latencyMs < 30, `latency ${latencyMs.toFixed(1)} ms for a service time of 10 ms`)
  t.end()
})

t.test('it shrinks when the server becomes slow and comes back when that is over', (t) => {
  const { limits } = settle(20, (at) => (at > 20_000 && at < 25_000 ? 100 : 10), 60)
  t.ok((limits.at(-1) ?? 0) > 15, `at the end ${limits.at(-1)}`)
  t.ok(Math.min(...limits) >= 4 && Math.max(...limits) <= 200, 'never out of bounds')
  t.end()
})

t.test('failures shrink it to its lower bound, and an idle gateway does not raise it', (t) => {
  const gradient = createGradientLimit({ minConcurrent: 4, initialConcurrent: 50, tolerance: 1.5 }, 100)
  for (let i = 0; i < 100; i++) gradient.sample(1, 2, false)
  t.equal(gradient.limit, 50)
  for (let i = 0; i < 100; i++) gradient.sample(1, 50, true)
  t.equal(gradient.limit, 4)
  for (let i = 0; i < 10_000; i++) gradient.sample(0, 100, false)
  t.equal(gradient.limit, 100, 'even answers that take no time at all are numbers')
  t.end()
})
