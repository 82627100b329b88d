import t from 'tap'
import { EndpointState } from '../../src/generation/endpoint-state.ts'
import { learnHealth } from '../../src/generation/learn-health.ts'
import { createEndpointSet } from '../../src/policy/health/endpoint-set.ts'
import type { HealthEvent } from '../../src/policy/health/types.ts'
import type { Endpoint } from '../../src/proxy/ports.ts'
import type { UpstreamRuntime } from '../../src/proxy/route-runtime.ts'

const NOW = 9_007_199_254_741

t.test('an endpoint that another worker found to be back starts slowly here too', (t) => {
  const transport = { close: () => Promise.resolve() } as EndpointState['transport']
  const states = ['http://a:1', 'http://b:1', 'http://c:1'].map((origin) => new EndpointState(origin, 1, null, transport))
  const [first, second] = states as [EndpointState, EndpointState]
  const outlier = {
    consecutiveFailures: 3,
    failureRatio: null,
    minimumRequests: 4,
    windowMs: 1000,
    ejectMs: 1000,
    maxEjectMs: 5000,
    maxEjectedRatio: 0.5
  }
  const events: HealthEvent[] = []
  const rule = { outlier, panicThreshold: 0, zone: null }
  const endpoints = createEndpointSet<Endpoint>(
    states,
    rule,
    () => 0.5,
    NOW,
    (event) => events.push(event)
  )
  const upstreams = new Map([['orders', { endpoints } as unknown as UpstreamRuntime]])
  const key = first.key

  t.equal(learnHealth(upstreams, 'orders', { kind: 'recovered', key }, NOW), false, 'it was never out')
  t.equal(first.sinceMs, -Infinity, 'so it goes on at full speed')
  t.equal(learnHealth(upstreams, 'orders', { kind: 'ejected', key, forMs: 1000, ejections: 1 }, NOW), true)
  t.equal(endpoints.availability(key, NOW + 1), 'ejected')
  t.equal(first.sinceMs, -Infinity)
  t.equal(learnHealth(upstreams, 'orders', { kind: 'recovered', key }, NOW + 500), true)
  t.equal(endpoints.availability(key, NOW + 501), 'available')
  t.equal(first.sinceMs, NOW + 500)
  t.equal(second.sinceMs, -Infinity)
  t.equal(learnHealth(upstreams, 'orders', { kind: 'ejected', key: second.key, forMs: 0, ejections: 1 }, NOW + 600), true)
  t.equal(endpoints.availability(second.key, NOW + 600), 'probing', 'one whose time is over waits for its probe')
  t.equal(learnHealth(upstreams, 'gone', { kind: 'recovered', key }, NOW), false, 'an upstream that is not here')
  t.same(events, [], 'nobody tells what somebody else has told')
  t.end()
})
