import t from 'tap'
import { shareOf, sharePlan } from '../../src/workers/share-plan.ts'
import { SharedOutPermits } from '../../src/workers/share-permits.ts'
import { MemoryPermits } from '../../src/stores/memory/permits.ts'
import type { PermitAnswer } from '../../src/plugin-api/index.ts'
import { compilePlan, document } from '../support/gateway.ts'

const numbers = [0, 1, 2]
const sum = (parts: readonly (number | null | undefined)[]): number => parts.reduce<number>((total, part) => total + (part ?? Number.NaN), 0)

t.test('the parts of a limit add up to it, and nobody has none', (t) => {
  for (const limit of [3, 4, 5, 100, 101]) t.equal(sum(numbers.map((number) => shareOf(limit, { number, workers: 3 }))), limit)
  t.strictSame(
    numbers.map((number) => shareOf(1, { number, workers: 3 })),
    [1, 1, 1]
  )
  t.end()
})

t.test('what each worker counts by itself is divided, what they count together is not', (t) => {
  const plan = compilePlan(
    document(`
limits: { connections: 10, connectionsPerIp: 7 }
upstreams:
  a:
    endpoints: ["http://127.0.0.1:1"]
    bulkhead: { maxConcurrent: 8, maxQueued: 4 }
    websocket: { maxConnections: 5 }
    circuitBreaker: { consecutiveFailures: 5 }
  b: { endpoints: ["http://127.0.0.1:1"], bulkhead: { maxConcurrent: 50, adaptive: true } }
routes:
  - { name: a, match: { path: /a }, upstream: a, bulkhead: { maxConcurrent: 4 } }
  - { name: b, match: { path: /b }, upstream: b }`)
  )
  const parts = numbers.map((number) => sharePlan(plan, { number, workers: 3 }))
  t.equal(sum(parts.map(({ limits }) => limits.maxConnections)), 10)
  t.equal(sum(parts.map(({ limits }) => limits.maxConnectionsPerIp)), 7)
  t.equal(sum(parts.map(({ upstreams }) => upstreams[0]?.bulkhead?.maxConcurrent)), 8)
  t.equal(sum(parts.map(({ upstreams }) => upstreams[0]?.bulkhead?.maxQueued)), 4)
  t.equal(sum(parts.map(({ upstreams }) => upstreams[0]?.websocket.maxConnections)), 5)
  t.equal(sum(parts.map(({ routes }) => routes[0]?.bulkhead?.maxConcurrent)), 4)
  t.strictSame(
    parts.map(({ upstreams }) => upstreams[1]?.bulkhead?.maxQueued),
    [0, 0, 0],
    'no queue stays none'
  )
  t.equal(sum(parts.map(({ upstreams }) => upstreams[1]?.bulkhead?.adaptive?.initialConcurrent)), 20)
  t.strictSame(
    parts.map(({ upstreams }) => upstreams[0]?.breaker?.consecutiveFailures),
    [5, 5, 5]
  )
  t.strictSame(
    parts.map(({ hash }) => hash),
    [plan.hash, plan.hash, plan.hash]
  )
  t.equal(sharePlan(plan, { number: 0, workers: 1 }), plan, 'one worker has all of it')
  t.end()
})

t.test('places of requests in flight that are counted in memory are divided too', (t) => {
  const rule = { id: 'five', limit: 5 }
  const admitted = [0, 1].map((number) => {
    const permits = new SharedOutPermits(new MemoryPermits(), { number, workers: 2 })
    const answers = Array.from({ length: 5 }, () => permits.acquire([{ rule, key: 'a' }]) as PermitAnswer)
    return answers.filter(({ verdicts }) => verdicts[0]?.allowed === true).length
  })
  t.strictSame(admitted, [3, 2])
  t.end()
})
