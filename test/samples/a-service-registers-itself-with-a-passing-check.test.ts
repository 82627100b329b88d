import t from 'tap'
import { eventually } from '../support/client.ts'
import { consulMissing, startConsul } from '../support/consul.ts'
import { startProcess } from './service-process.ts'

t.test('with its weight and zone, and a check that Consul runs', { skip: consulMissing() }, async (t) => {
  const consul = await startConsul(t)
  const service = await startProcess(t, 'products', {
    DATA_DIR: ':memory:',
    INSTANCE: 'products-7',
    CONSUL_HTTP_ADDR: new URL(consul.url).host,
    WEIGHT: '7',
    ZONE: 'north'
  })
  // The first state is only what the service says of itself: the output is there when Consul has asked.
  const checked = `HTTP GET ${service.url}/health: 200 OK`
  await eventually(async () => (await consul.get('/v1/agent/checks')).text.includes(checked))
  const found = (await consul.get('/v1/health/service/products?passing')).json()
  t.equal(found.length, 1)
  t.match(found[0].Service, {
    ID: 'products-7',
    Service: 'products',
    Address: '127.0.0.1',
    Port: Number(new URL(service.url).port),
    Weights: { Passing: 7 },
    Meta: { scheme: 'http', instance: 'products-7', zone: 'north' }
  })
})

t.test('as a whole URL, without a zone, under the address that others are to use', { skip: consulMissing() }, async (t) => {
  const consul = await startConsul(t)
  const env = { DATA_DIR: ':memory:', HOST: '0.0.0.0', CONSUL_HTTP_ADDR: `${consul.url}/` }
  await startProcess(t, 'users', env)
  await startProcess(t, 'users', { ...env, INSTANCE: 'users-2', ADVERTISE_ADDRESS: 'users.internal' })
  await eventually(async () => (await consul.get('/v1/health/service/users')).json().length === 2)
  const services = (await consul.get('/v1/agent/services')).json()
  t.match(services['users-1'], { Address: '127.0.0.1', Weights: { Passing: 1 } })
  t.notOk('zone' in services['users-1'].Meta)
  t.match(services['users-2'], { Address: 'users.internal' })
})
