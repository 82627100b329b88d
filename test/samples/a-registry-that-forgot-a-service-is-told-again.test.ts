import t from 'tap'
import { eventually } from '../support/client.ts'
import { consulMissing, startConsul } from '../support/consul.ts'
import { startRegistryStub } from './registry-stub.ts'
import { startProcess } from './service-process.ts'

t.test('a Consul that comes back empty, and one that lost only this service', { skip: consulMissing() }, async (t) => {
  const consul = await startConsul(t)
  await startProcess(t, 'users', { DATA_DIR: ':memory:', CONSUL_HTTP_ADDR: consul.url, WEIGHT: '3' })
  const registered = async (): Promise<boolean> => (await consul.get('/v1/agent/services')).json()['users-1']?.Weights.Passing === 3
  await eventually(registered)
  await consul.kill()
  await consul.restart()
  await eventually(registered, 30_000)
  t.equal((await consul.put('/v1/agent/service/deregister/users-1')).status, 200)
  t.equal(await registered(), false)
  await eventually(registered)
})

t.test('one that knows it is asked, with the token, and not told again', async (t) => {
  const registry = await startRegistryStub(t, () => 200)
  await startProcess(t, 'users', { DATA_DIR: ':memory:', CONSUL_HTTP_ADDR: registry.address, CONSUL_HTTP_TOKEN: 'secret', INSTANCE: 'a/b' })
  await eventually(() => registry.requests.length === 3, 30_000)
  const look = { method: 'GET', path: '/v1/agent/service/a%2Fb', token: 'secret', body: '' }
  t.match(registry.requests, [{ method: 'PUT', path: '/v1/agent/service/register', token: 'secret' }, look, look])
})
