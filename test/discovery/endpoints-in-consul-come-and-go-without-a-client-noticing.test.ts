import t from 'tap'
import { eventually } from '../support/client.ts'
import { consulMissing, startConsul } from '../support/consul.ts'
import { describe, load, startDiscovering, startRegistered, untilEndpoints } from './gateway-kit.ts'

t.test('register, fail a check, deregister, change a weight: seen within 2 s, under load', { skip: consulMissing() }, async (t) => {
  const consul = await startConsul(t)
  const [a, b, c] = [await startRegistered(t, consul, 'a'), await startRegistered(t, consul, 'b'), await startRegistered(t, consul, 'c')]
  const gateway = await startDiscovering(t, consul.url)
  await untilEndpoints(gateway, [a, b, c])
  const clients = load(gateway.url)
  const took: Record<string, number> = {}

  const d = await startRegistered(t, consul, 'd')
  took['register'] = await untilEndpoints(gateway, [a, b, c, d])
  await eventually(() => d.hits() > 0)
  await a.check('fail')
  took['fail a check'] = await untilEndpoints(gateway, [b, c, d])
  await a.check('pass')
  took['pass it'] = await untilEndpoints(gateway, [a, b, c, d])
  await b.deregister()
  took['deregister'] = await untilEndpoints(gateway, [a, c, d])
  await c.register(5)
  const started = performance.now()
  await eventually(async () => (await describe(gateway)).endpoints.find(({ url }) => url === c.url)?.weight === 5)
  took['change a weight'] = performance.now() - started
  await consul.put('/v1/agent/service/maintenance/d?enable=true&reason=test')
  took['maintenance'] = await untilEndpoints(gateway, [a, c])
  const before = d.hits()

  const { requests, failures } = await clients.end()
  t.strictSame(failures, [])
  t.ok(requests > 10, `${requests} requests`)
  t.ok(d.hits() - before <= 4, 'who is gone gets nothing but what was on its way')
  for (const [what, ms] of Object.entries(took)) t.ok(ms < 2000, `${what}: ${Math.round(ms)} ms`)
})

t.test('weights of Consul decide the share', { skip: consulMissing() }, async (t) => {
  const consul = await startConsul(t)
  const [a, b] = [await startRegistered(t, consul, 'a'), await startRegistered(t, consul, 'b')]
  await a.register(3)
  const gateway = await startDiscovering(t, consul.url)
  await untilEndpoints(gateway, [a, b])
  const clients = load(gateway.url, 1)
  await eventually(() => a.hits() + b.hits() >= 40)
  await clients.end()
  const total = a.hits() + b.hits()
  t.ok(Math.abs(a.hits() / total - 0.75) < 0.03, `${a.hits()} of ${total}`)
})
