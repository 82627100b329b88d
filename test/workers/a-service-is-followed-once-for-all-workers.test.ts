import t from 'tap'
import type { DiscoveryPlan, ServiceQuery } from '../../src/config/plan-discovery.ts'
import { compilePlan, document } from '../support/gateway.ts'
import { instance, startSupervisor, type TestWorker } from './kit.ts'

const plan = (settings = '', services: readonly string[] = ['orders']) =>
  compilePlan(
    document(`${settings}
upstreams: { ${services.map((name) => `${name}: { discovery: { dns: { name: ${name}, type: srv } } }`).join(', ')} }
routes: [{ name: all, match: { path: /* }, upstream: ${services[0]} }]`)
  )

const PLAN = plan()
const QUERY = PLAN.upstreams[0]?.discovery as ServiceQuery

/** A generation that discovers `orders`, as `buildGeneration` asks for it. */
async function build(worker: TestWorker, settings: DiscoveryPlan = PLAN.discovery) {
  const { discover } = await worker.discovery.prepare(settings, [QUERY])
  const lease = worker.lease()
  const watch = discover(QUERY, lease)
  let changes = 0
  watch.subscribe(() => changes++)
  return { watch, lease, changes: () => changes, origins: () => watch.instances.map(({ origin }) => origin) }
}

t.test('one watch serves all workers, and lists keep their identity until they change', async (t) => {
  const { discovery, registry, join } = startSupervisor(t)
  await discovery.prepare(PLAN)
  const workers = [join(0), join(1)]
  const built = await Promise.all(workers.map((worker) => build(worker)))
  t.same(registry.begun, ['orders'])
  for (const { watch } of built) t.equal(watch.isKnown, false)

  registry.answer('orders', ['http://a:1', 'http://b:1'])
  await Promise.all(built.map(({ watch }) => watch.ready))
  const settled = () => Promise.all(workers.map((worker) => worker.settled()))
  await settled()
  const lists = built.map(({ watch }) => watch.instances)
  for (const { origins, changes, watch } of built) {
    t.same(origins(), ['http://a:1', 'http://b:1'])
    t.equal(changes(), 1)
    t.match(watch.status, { provider: 'dns', service: 'orders', isKnown: true, lastError: null })
  }
  registry.answer('orders', ['http://a:1', 'http://b:1'])
  registry.fail('orders', 'gone')
  await settled()
  for (const [index, { watch, changes }] of built.entries()) {
    t.equal(watch.instances, lists[index])
    t.equal(changes(), 1)
    t.equal(watch.status.lastError, 'gone', 'how it stands is told without a list')
  }
  registry.answer('orders', ['http://a:1'])
  await settled()
  for (const { origins, changes, watch } of built) {
    t.same(origins(), ['http://a:1'])
    t.equal(changes(), 2)
    t.equal(watch.status.lastError, null)
  }
  t.equal(discovery.discovered.size, 0, 'the plan is not the running one yet')
  discovery.apply()
  t.same(discovery.discovered.get('orders')?.instances, [instance('http://a:1')])
  t.equal(registry.applied, 1)
})

t.test('an answer without any instance makes a service known', async (t) => {
  const { discovery, registry, join } = startSupervisor(t)
  await discovery.prepare(PLAN)
  const worker = join(0)
  const { watch, changes } = await build(worker)
  await worker.settled()
  registry.answer('orders', [])
  await watch.ready
  t.equal(watch.isKnown, true)
  t.equal(changes(), 0)
})

t.test('a worker that is started again begins with the list that others have, and nothing is asked again', async (t) => {
  const { discovery, registry, join } = startSupervisor(t)
  await discovery.prepare(PLAN)
  const first = join(0)
  await build(first)
  discovery.apply()
  registry.answer('orders', ['http://a:1'])
  first.die()
  t.ok(registry.followed.includes('orders'), 'the running plan still wants it')
  registry.answer('orders', ['http://a:1', 'http://b:1'])

  const second = join(0)
  const { origins, watch, changes } = await build(second)
  t.same(origins(), ['http://a:1', 'http://b:1'], 'from its first moment')
  const list = watch.instances
  await second.settled()
  t.equal(watch.instances, list, 'the first message tells nothing new')
  t.equal(changes(), 0)
  t.same(registry.begun, ['orders'])
  registry.answer('orders', ['http://c:1'])
  await second.settled()
  t.same(origins(), ['http://c:1'])
})

t.test('a service is followed while the plan or a generation of any worker wants it', async (t) => {
  const { discovery, registry, join } = startSupervisor(t)
  const next = plan('discovery: { dns: { timeout: 1s } }', ['orders', 'users'])
  await discovery.prepare(PLAN)
  const [a, b] = [join(0), join(1)]
  const [old] = [await build(a), await build(b)]
  await Promise.all([a.settled(), b.settled()])
  discovery.apply()

  await discovery.prepare(next)
  t.same(registry.followed, ['orders', 'users'])
  discovery.discard()
  t.same(registry.followed, ['orders'], 'a plan that is not going to run')
  t.equal(registry.begun.length, 3, 'other settings are another watch')

  await discovery.prepare(next)
  const newer = await build(a, next.discovery)
  discovery.apply()
  registry.answer('orders', ['http://new:1'])
  await a.settled()
  t.same(newer.origins(), ['http://new:1'])
  t.same(old.origins(), [], 'the watch of before is another one')
  const keys = () => discovery.watching
  t.equal(keys(), 3, 'orders twice and users')
  old.lease.release()
  await a.settled()
  t.equal(keys(), 3, 'the other worker still wants the old one')
  b.die()
  t.equal(keys(), 2, 'until its thread has ended')
  await discovery.close()
  t.equal(keys(), 0)
  t.equal(registry.followed.length, 0)
})
