import t from 'tap'
import { metric } from '../support/admin.ts'
import { eventually, send } from '../support/client.ts'
import { consulMissing, startConsul } from '../support/consul.ts'
import { describe, load, startDiscovering, startRegistered, untilEndpoints } from './gateway-kit.ts'

t.test('Consul dies under load, is visibly stale, comes back empty, and fills up again', { skip: consulMissing() }, async (t) => {
  const consul = await startConsul(t)
  const [a, b, c] = [await startRegistered(t, consul, 'a'), await startRegistered(t, consul, 'b'), await startRegistered(t, consul, 'c')]
  const gateway = await startDiscovering(t, consul.url)
  await untilEndpoints(gateway, [a, b, c])
  const clients = load(gateway.url)
  t.equal(await metric(gateway, 'sallyport_discovery_stale{provider="consul",service="orders"}'), 0)

  await consul.kill()
  await eventually(async () => (await describe(gateway)).discovery.stale)
  t.equal(await metric(gateway, 'sallyport_discovery_stale{provider="consul",service="orders"}'), 1)
  t.match(await describe(gateway), { discovery: { stale: true, lastError: /ECONNREFUSED|other side closed|reset/i } })
  const ready = await send(`${gateway.adminUrl}/readyz`)
  t.equal(ready.status, 200, 'it has endpoints, so it is ready')
  t.match(ready.json(), { status: 'ready', stale: [/the upstream orders: consul does not answer/] })
  t.equal((await describe(gateway)).endpoints.length, 3)

  await consul.restart()
  await eventually(async () => !(await describe(gateway)).discovery.stale, 30_000)
  t.equal((await describe(gateway)).endpoints.length, 3, 'an empty answer of a Consul that began anew takes nobody away')
  t.match((await describe(gateway)).discovery.held, [{ reason: 'empty' }, { reason: 'empty' }, { reason: 'empty' }])
  t.equal(await metric(gateway, 'sallyport_discovery_held_endpoints{provider="consul",service="orders"}'), 3)

  await a.register()
  await eventually(async () => (await describe(gateway)).discovery.held?.length === 2)
  t.equal((await describe(gateway)).endpoints.length, 3, 'nor does one that is not full yet')
  await Promise.all([b.register(), c.register()])
  await eventually(async () => (await describe(gateway)).discovery.held === undefined)

  const { requests, failures } = await clients.end()
  t.strictSame(failures, [])
  t.ok(requests > 10, `${requests} requests`)
  const said = gateway.log.map((line) => line['msg'])
  t.ok(said.includes('the registry does not answer, the last known endpoints stay'))
  t.equal(said.filter((one) => one === 'the registry answers again').length, 1)
})
