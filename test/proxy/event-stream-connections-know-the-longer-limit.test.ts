import t from 'tap'
import type { EndpointOptions } from '../../src/generation/members.ts'
import { OWN_BREAKERS } from '../../src/generation/policies.ts'
import { createStateRegistry } from '../../src/generation/registry.ts'
import { createUpstream } from '../../src/generation/upstreams.ts'
import type { UpstreamPlan } from '../../src/config/plan.ts'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { compilePlan, document } from '../support/gateway.ts'

/** What connections to endpoints are told of silence. */
function idleOf(timeouts: string): number | undefined {
  const plan = compilePlan(
    document(`upstreams: { a: { endpoints: ["http://127.0.0.1:1"], timeouts: { ${timeouts} } } }
routes: [{ name: a, match: { path: / }, upstream: a }]`)
  )
  const told: EndpointOptions[] = []
  const registry = createStateRegistry()
  createUpstream(plan.upstreams[0] as UpstreamPlan, {
    lease: registry.lease(),
    newLease: () => registry.lease(),
    metrics: createMetrics(),
    clock: new FakeClock(),
    random: () => 0,
    zone: null,
    breakerMemories: OWN_BREAKERS,
    connect(options) {
      told.push(options)
      return { send() {}, close: () => Promise.resolve(), connected: 0 }
    },
    check: () => {
      throw new Error('no checks here')
    },
    discover: () => {
      throw new Error('nothing to discover')
    },
    upstream: () => null,
    onHealth() {},
    onBreaker() {}
  })
  return told[0]?.idleMs
}

t.test('a connection does not end a silence that the gateway allows: of event streams, of other answers, or any', (t) => {
  t.equal(idleOf('idle: 5s, stream: 10m'), 600_000)
  t.equal(idleOf('idle: 10m, stream: 5s'), 600_000)
  t.equal(idleOf('idle: 5s, stream: off'), 0)
  t.equal(idleOf('idle: 0s'), 0)
  t.end()
})
