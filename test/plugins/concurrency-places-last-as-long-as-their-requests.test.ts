import { once } from 'node:events'
import { Agent, type ServerResponse } from 'node:http'
import { test, type Test } from 'tap'
import { eventually, send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { connectHttp2 } from '../support/http2-client.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith } from '../support/plan.ts'
import { RawConnection } from '../support/raw-client.ts'
import { accept, endWithClient, UPGRADE } from '../support/websocket.ts'

const documentOf = (origin: string, limit = 1): string => `
upstreams: { origin: { endpoints: ["${origin}"] } }
routes:
  - { name: all, match: { path: /* }, upstream: origin, plugins: { concurrency: { limit: ${limit}, by: ip } } }`

/** An upstream whose `/hang` and `/events` do not end by themselves. */
async function startLongOrigin(t: Test) {
  const held: ServerResponse[] = []
  const origin = await startOrigin(t, (request, response) => {
    if (request.url === '/hang') held.push(response)
    else if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
      held.push(response)
    } else response.end('fine')
  })
  origin.server.on('upgrade', (request, socket) => {
    socket.write(accept(request))
    endWithClient(socket)
  })
  return { held, url: origin.url }
}

void test('a place is held for as long as its request takes', async (t) => {
  const { held, url: originUrl } = await startLongOrigin(t)
  const { url, port, gateway } = await startGateway(t, documentOf(originUrl))
  const connect = () => RawConnection.open(t, port)
  const status = async () => (await send(`${url}/fine`)).status
  const isFree = () => eventually(async () => (await status()) === 200)
  t.beforeEach(() => {
    held.length = 0
  })

  await t.test('and no longer: who asks again after an answer finds it free', async (t) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const statuses = new Set<number>()
    for (let i = 0; i < 100; i++) statuses.add((await send(`${url}/fine`, { agent })).status)
    agent.destroy()
    t.same([...statuses], [200])
  })

  await t.test('an event stream until it ends', async (t) => {
    const client = await connect()
    client.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.head()
    t.equal(await status(), 429)
    held[0]?.end()
    await isFree()
    client.destroy()
  })

  await t.test('a WebSocket until it is closed', async (t) => {
    const client = await connect()
    client.write(`${UPGRADE}\r\n`)
    t.equal((await client.response()).status, 101)
    t.equal(await status(), 429)
    const second = await connect()
    second.write(`${UPGRADE}\r\n`)
    t.equal((await second.response()).status, 429)
    second.destroy()
    client.destroy()
    await isFree()
  })

  await t.test('a request until its client has gone', async (t) => {
    const client = await connect()
    client.write('GET /hang HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => held.length === 1)
    t.equal(await status(), 429)
    client.destroy()
    await isFree()
  })

  await t.test('over a reload', async (t) => {
    const client = await connect()
    client.write('GET /hang HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => held.length === 1)
    t.equal((await gateway.reload(planWith(documentOf(originUrl, 2), []))).result, 'applied')
    const second = await connect()
    second.write('GET /hang HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => held.length === 2)
    t.equal(await status(), 429, 'of two places one was held before')
    held[0]?.end('done')
    await client.response()
    await isFree()
    client.destroy()
    second.destroy()
  })
})

void test('a stream of HTTP/2 holds its place until it is reset', async (t) => {
  const { held, url: originUrl } = await startLongOrigin(t)
  const { port } = await startHttp2Gateway(t, documentOf(originUrl))
  const session = connectHttp2(t, port)
  const status = async (): Promise<unknown> => {
    const stream = session.request({ ':path': '/fine' }).resume()
    const [head] = (await once(stream, 'response')) as [Record<string, unknown>]
    return head[':status']
  }
  const hanging = session.request({ ':path': '/hang' })
  hanging.on('error', () => {})
  await eventually(() => held.length === 1)
  t.equal(await status(), 429)
  hanging.close(8)
  await eventually(async () => (await status()) === 200)
})
