import t from 'tap'
import { eventually } from '../support/client.ts'
import { startRegistryStub } from './registry-stub.ts'
import { startProcess } from './service-process.ts'
import { closedUrl, get } from './shop.ts'

t.test('it starts, serves and stops although nobody listens there', async (t) => {
  const service = await startProcess(t, 'users', { DATA_DIR: ':memory:', CONSUL_HTTP_ADDR: await closedUrl() })
  t.equal((await get(`${service.url}/users`)).status, 200)
  service.child.kill('SIGTERM')
  t.equal(await service.exit, 0)
})

t.test('it tries again until it is told that it worked, and says both once', async (t) => {
  let status = 500
  const registry = await startRegistryStub(t, () => status)
  const service = await startProcess(t, 'users', { DATA_DIR: ':memory:', LOG_LEVEL: 'info', CONSUL_HTTP_ADDR: registry.address })
  const log: string[] = []
  service.child.stderr.on('data', (chunk) => log.push(...String(chunk).trim().split('\n')))
  const logged = (text: string) => log.filter((line) => line.includes(text)).length
  await eventually(() => registry.requests.length === 3)
  t.equal((await get(`${service.url}/health`)).status, 200)
  status = 200
  await eventually(() => registry.requests.length === 4)
  await eventually(() => logged('the registry is back') === 1)
  t.equal(logged('the registry cannot be told'), 1, log.join('\n'))
  t.ok(
    registry.requests.every(({ path }) => path === '/v1/agent/service/register'),
    'nothing is looked up before it is registered'
  )
  t.equal(service.child.exitCode, null)
})

t.test('it tells a registry again that failed in between, known or not', async (t) => {
  let fail = false
  const registry = await startRegistryStub(t, () => (fail ? 500 : 200))
  await startProcess(t, 'users', { DATA_DIR: ':memory:', CONSUL_HTTP_ADDR: registry.address })
  await eventually(() => registry.requests.length === 1)
  fail = true
  await eventually(() => registry.requests.length === 2)
  fail = false
  await eventually(() => registry.requests.length === 3)
  t.strictSame(
    registry.requests.map(({ method }) => method),
    ['PUT', 'GET', 'PUT']
  )
})

t.test('it stops in time although the registry never answers', async (t) => {
  const registry = await startRegistryStub(t, async () => new Promise(() => {}))
  const service = await startProcess(t, 'users', { DATA_DIR: ':memory:', CONSUL_HTTP_ADDR: registry.address })
  await eventually(() => registry.requests.length === 1)
  service.child.kill('SIGTERM')
  t.equal(await service.exit, 0)
  t.match(registry.requests[1], { path: '/v1/agent/service/deregister/users-1' })
})
