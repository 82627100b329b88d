import assert from 'node:assert/strict'
import t from 'tap'
import type { EndpointLook, GatewayLook, UpstreamLook } from '../../src/admin/look.ts'
import type { Availability } from '../../src/policy/health/types.ts'
import { mergeLooks } from '../../src/workers/merge-looks.ts'
import fc from '../support/property.ts'

const STATES: readonly Availability[] = ['available', 'probing', 'ejected', 'unhealthy', 'unknown']

const endpoint = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  availability: fc.constantFrom(...STATES),
  inFlight: fc.nat(9),
  latencyMs: fc.nat(9),
  ejectedUntilMs: fc.nat(9),
  failedMs: fc.option(fc.nat(9))
})

const worker: fc.Arbitrary<GatewayLook> = fc
  .record({
    endpoints: fc.uniqueArray(endpoint, { selector: ({ key }) => key }),
    running: fc.nat(5),
    panicking: fc.boolean()
  })
  .map(({ endpoints, running, panicking }) => {
    const bulkhead = { running, queued: 1, limit: 5 }
    return {
      upstreams: [{ name: 'orders', panicking, measuresLatency: true, breaker: null, bulkhead, endpoints: endpoints.map(lookOf) }],
      routes: [
        { name: 'r', breaker: null, bulkhead },
        { name: 'plain', breaker: null, bulkhead: null }
      ]
    }
  })

function lookOf({ failedMs, ...facts }: Omit<EndpointLook, 'origin' | 'weight' | 'zone' | 'lastFailure'> & { readonly failedMs: number | null }) {
  const lastFailure = failedMs === null ? null : ({ kind: 'response', message: 'status 500', atMs: failedMs } as const)
  return { ...facts, origin: `http://${facts.key}`, weight: 1, zone: null, lastFailure }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

t.test('requests and places of workers add up, and the worst of an endpoint is told', (t) => {
  fc.assert(
    fc.property(fc.array(worker, { minLength: 1, maxLength: 4 }), (workers) => {
      const merged = mergeLooks(workers)
      const [orders] = merged.upstreams as [UpstreamLook]
      const parts = workers.map(({ upstreams }) => upstreams[0] as UpstreamLook)
      assert.equal(merged.upstreams.length, 1)
      assert.equal(
        orders.panicking,
        parts.some(({ panicking }) => panicking)
      )
      const bulkhead = { running: sum(parts.map((part) => part.bulkhead?.running ?? 0)), queued: workers.length, limit: 5 * workers.length }
      assert.deepEqual(orders.bulkhead, bulkhead)
      assert.deepEqual(merged.routes, [
        { name: 'r', breaker: null, bulkhead },
        { name: 'plain', breaker: null, bulkhead: null }
      ])
      for (const key of ['a', 'b', 'c']) {
        const same = parts.flatMap(({ endpoints }) => endpoints.filter((one) => one.key === key))
        const found = orders.endpoints.filter((one) => one.key === key)
        assert.equal(found.length, Math.min(1, same.length), 'each endpoint once')
        const [one] = found
        if (one === undefined) continue
        assert.equal(one.inFlight, sum(same.map(({ inFlight }) => inFlight)))
        assert.equal(STATES.indexOf(one.availability), Math.max(...same.map(({ availability }) => STATES.indexOf(availability))))
        assert.equal(one.lastFailure?.atMs ?? -1, Math.max(...same.map(({ lastFailure }) => lastFailure?.atMs ?? -1)))
        assert.equal(one.ejectedUntilMs, Math.max(...same.map(({ ejectedUntilMs }) => ejectedUntilMs)))
        const measured = same.map(({ latencyMs }) => latencyMs).filter((ms) => ms > 0)
        assert.equal(one.latencyMs, measured.length === 0 ? 0 : sum(measured) / measured.length)
      }
    })
  )
  t.end()
})
