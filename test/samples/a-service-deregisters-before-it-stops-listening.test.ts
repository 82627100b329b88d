import t from 'tap'
import { eventually } from '../support/client.ts'
import { consulMissing, startConsul } from '../support/consul.ts'
import { startRegistryStub } from './registry-stub.ts'
import { startProcess } from './service-process.ts'
import { get } from './shop.ts'

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} takes it out of Consul`, { skip: consulMissing() }, async (t) => {
    const consul = await startConsul(t)
    const service = await startProcess(t, 'users', { DATA_DIR: ':memory:', CONSUL_HTTP_ADDR: consul.url })
    await eventually(async () => (await consul.get('/v1/agent/services')).text.includes('users-1'))
    service.child.kill(signal)
    t.equal(await service.exit, 0)
    t.equal((await consul.get('/v1/agent/services')).text.trim(), '{}')
  })
}

t.test('it answers while it deregisters, and for as long after it as it was told', async (t) => {
  const health: number[] = []
  let deregisteredMs = 0
  const registry = await startRegistryStub(t, async ({ path }) => {
    if (!path.includes('/deregister/')) return 200
    health.push((await get(`${service.url}/health`)).status)
    deregisteredMs = performance.now()
    return 200
  })
  const service = await startProcess(t, 'users', { DATA_DIR: ':memory:', CONSUL_HTTP_ADDR: registry.address, DEREGISTER_DELAY_MS: '400' })
  await eventually(() => registry.requests.length > 0)
  service.child.kill('SIGTERM')
  await eventually(() => deregisteredMs > 0)
  health.push((await get(`${service.url}/health`)).status)
  t.equal(await service.exit, 0)
  t.strictSame(health, [200, 200])
  t.ok(performance.now() - deregisteredMs >= 390, 'the gateways had time')
})

t.test('a registration that is under way does not arrive after the end of it', async (t) => {
  const answer = Promise.withResolvers<number>()
  const registry = await startRegistryStub(t, async ({ path }) => (path.endsWith('/register') ? answer.promise : 200))
  const service = await startProcess(t, 'users', { DATA_DIR: ':memory:', LOG_LEVEL: 'info', CONSUL_HTTP_ADDR: registry.address })
  let log = ''
  service.child.stderr.on('data', (chunk) => (log += String(chunk)))
  await eventually(() => registry.requests.length === 1)
  service.child.kill('SIGTERM')
  await eventually(() => log.includes('stopping'))
  t.equal(registry.requests.length, 1, 'it waits')
  answer.resolve(200)
  t.equal(await service.exit, 0)
  t.strictSame(
    registry.requests.map(({ path }) => path),
    ['/v1/agent/service/register', '/v1/agent/service/deregister/users-1']
  )
})
