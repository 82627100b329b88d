import t from 'tap'
import { createDiscovery } from '../../src/discovery/discovery.ts'
import { createStateRegistry } from '../../src/generation/registry.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { eventually } from '../support/client.ts'
import { compilePlan, document } from '../support/gateway.ts'

const places: Readonly<Record<string, string>> = {
  consul: '{ consul: { service: orders } }',
  file: '{ file: { path: /nowhere/orders.yaml } }',
  dns: '{ dns: { name: orders.internal, port: 80 } }',
  kubernetes: '{ kubernetes: { service: orders, namespace: shop } }',
  etcd: '{ etcd: { prefix: /orders/ } }',
  zookeeper: '{ zookeeper: { service: orders } }',
  eureka: '{ eureka: { app: orders } }'
}

const plan = compilePlan(
  document(`discovery:
  consul: { address: "127.0.0.1:1" }
  dns: { servers: ["127.0.0.1:1"], timeout: 100ms }
  kubernetes: { apiServer: "http://127.0.0.1:1", tokenFile: /nowhere/token }
  etcd: { address: "127.0.0.1:1" }
  zookeeper: { address: "127.0.0.1:1" }
  eureka: { address: "http://127.0.0.1:1/eureka" }
upstreams:
${Object.entries(places)
  .map(([name, place]) => `  ${name}: { discovery: ${place} }`)
  .join('\n')}
routes:
${Object.keys(places)
  .map((name) => `  - { name: ${name}, match: { path: /${name} }, upstream: ${name} }`)
  .join('\n')}`)
)

t.test('each follows its service and says why nobody answers', async (t) => {
  const events: string[] = []
  const discovery = createDiscovery({
    clock: systemClock,
    random: createSystemRandom(),
    onEvent: ({ provider }, { kind }) => events.push(`${provider} ${kind}`),
    onTrouble: (message) => events.push(message),
    warn: (message) => events.push(message)
  })
  const registry = createStateRegistry()
  const state = registry.lease()
  t.teardown(async () => {
    state.release()
    await discovery.close()
  })
  const queries = plan.upstreams.flatMap(({ discovery: query }) => query ?? [])
  const { discover } = await discovery.prepare(plan.discovery, queries)
  const watches = queries.map((query) => discover(query, state))
  t.equal(watches.length, Object.keys(places).length)
  await eventually(() => watches.every(({ status }) => status.failingSinceMs !== null), 30_000)
  for (const { status } of watches) t.ok((status.lastError ?? '').length > 10, `${status.provider} ${status.service}: ${String(status.lastError)}`)
  t.strictSame(
    watches.map(({ isKnown }) => isKnown),
    watches.map(() => false)
  )
  t.strictSame(
    [...new Set(events)].toSorted(),
    Object.keys(places)
      .map((kind) => `${kind} failing`)
      .toSorted()
  )
})

t.test('asking for the same again gives the same watch', async (t) => {
  const discovery = createDiscovery({ clock: systemClock, random: createSystemRandom(), onEvent() {}, onTrouble() {}, warn() {} })
  const registry = createStateRegistry()
  const state = registry.lease()
  t.teardown(() => state.release())
  const queries = plan.upstreams.flatMap(({ discovery: query }) => query ?? [])
  const { discover } = await discovery.prepare(plan.discovery, queries)
  const first = queries.map((query) => discover(query, state))
  const second = queries.map((query) => discover(structuredClone(query), state))
  t.ok(first.every((watch, index) => watch === second[index]))
  t.equal(new Set(first).size, queries.length)
})
