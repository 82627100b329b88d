import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import t from 'tap'
import { closedUrl, get, post, startStub } from './shop.ts'
import { startProcess } from './service-process.ts'

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} ends a service with exit code 0`, async (t) => {
    const service = await startProcess(t, 'users', { DATA_DIR: ':memory:', INSTANCE: 'users-3' })
    t.same(service.announcement, { service: 'users', instance: 'users-3', url: service.url })
    t.equal((await get(`${service.url}/health`)).status, 200)
    service.child.kill(signal)
    t.equal(await service.exit, 0)
    t.equal(service.lines.length, 1, 'one line on stdout and no more')
  })
}

t.test('a request that is being answered is finished, and its idle connection does not hold up the stop', async (t) => {
  const asked = Promise.withResolvers<ServerResponse>()
  const users = await startStub(t, (_request, response) => {
    asked.resolve(response)
  })
  const products = await startStub(t, (_request, response) => {
    response.writeHead(404).end('{}')
  })
  const service = await startProcess(t, 'orders', {
    DATA_DIR: ':memory:',
    LOG_LEVEL: 'info',
    USERS_URL: users,
    PRODUCTS_URL: products,
    INVENTORY_URL: await closedUrl()
  })
  const answer = post(`${service.url}/orders`, { userId: 'u-1', items: [{ productId: 'p-1', quantity: 1 }] })
  const response = await asked.promise
  const logged = untilLogged(service.child.stderr, 'stopping')
  service.child.kill('SIGTERM')
  await logged
  response.writeHead(404).end('{}')
  const { status, headers } = await answer
  t.equal(status, 422)
  t.equal(headers.get('connection'), 'close')
  t.equal(await service.exit, 0)
})

t.test('a service that was told so stops when its parent has gone', async (t) => {
  const service = await startProcess(t, 'users', { DATA_DIR: ':memory:', EXIT_WITH_PARENT: '1' })
  service.child.stdin.end()
  t.equal(await service.exit, 0)
})

async function untilLogged(stream: NodeJS.ReadableStream, text: string): Promise<void> {
  let log = ''
  while (!log.includes(text)) {
    const [chunk] = (await once(stream, 'data')) as [Buffer]
    log += chunk.toString()
  }
}
