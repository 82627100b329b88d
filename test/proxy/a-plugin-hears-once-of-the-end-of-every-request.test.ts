import type { ServerResponse } from 'node:http'
import { test, type Test } from 'tap'
import { gatewayError } from '../../src/plugin-api/index.ts'
import { eventually, send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith, pluginThat } from '../support/plan.ts'
import { RawConnection } from '../support/raw-client.ts'
import { accept, endWithClient, UPGRADE } from '../support/websocket.ts'

/** Requests that a plugin saw come, and those whose end it heard of. */
interface Watch {
  readonly begun: string[]
  readonly ended: string[]
}

/** What the origin holds until a test lets it go on. */
type Held = Map<string, ServerResponse>

const routes = (origin: string): string => `
plugins: { watching: {} }
upstreams:
  origin: { endpoints: ["${origin}"] }
  dead: { endpoints: ["http://127.0.0.1:1"] }
routes:
  - { name: dead, match: { path: /dead }, upstream: dead }
  - { name: reply, match: { path: /reply }, upstream: origin, plugins: { replying: {} } }
  - { name: refuse, match: { path: /refuse }, upstream: origin, plugins: { refusing: {} } }
  - { name: throw, match: { path: /throw }, upstream: origin, plugins: { throwing: {} } }
  - { name: wait, match: { path: /wait }, upstream: origin, plugins: { waiting: {} } }
  - { name: all, match: { path: /* }, upstream: origin }`

async function startScene(t: Test) {
  const watch: Watch = { begun: [], ended: [] }
  const held: Held = new Map()
  const waiting: (() => void)[] = []
  const origin = await startOrigin(t, (request, response) => {
    const path = request.url ?? ''
    if (path === '/hang') held.set(path, response)
    else if (path === '/drip') {
      held.set(path, response.writeHead(200, { 'content-length': '10' }))
      response.write('abc')
    } else response.end('fine')
  })
  origin.server.on('upgrade', (request, socket) => {
    if (request.url === '/no-chat') socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
    else socket.write(accept(request))
    endWithClient(socket)
  })
  const plugins = [
    pluginThat('watching', (app) => {
      app.addHook('onRequest', (request, _reply, done) => {
        watch.begun.push(request.gateway.id)
        request.gateway.onComplete(() => {
          watch.ended.push(request.gateway.id)
        })
        done()
      })
    }),
    pluginThat('replying', (app) => void app.addHook('onRequest', (_request, reply) => void reply.send('mine')), 'transform'),
    pluginThat('refusing', (app) => void app.addHook('onRequest', (_request, _reply, done) => done(gatewayError('SP_FORBIDDEN'))), 'transform'),
    pluginThat(
      'throwing',
      (app) => {
        app.addHook('onRequest', (request) => {
          request.gateway.onComplete(() => {
            throw new Error('at the end')
          })
          throw new Error('at once')
        })
      },
      'transform'
    ),
    pluginThat(
      'waiting',
      (app) => {
        app.addHook('onRequest', async (request) => {
          await new Promise<void>((resolve) => waiting.push(resolve))
          request.gateway.onComplete(() => watch.ended.push(`late ${request.gateway.id}`))
        })
      },
      'transform'
    )
  ]
  return { watch, held, waiting, plugins, document: routes(origin.url) }
}

function allEnded(t: Test, { begun, ended }: Watch, count: number): void {
  t.equal(begun.length, count)
  t.same(ended.toSorted(), begun.toSorted(), 'each once')
}

void test('a plugin hears once of the end of every request', async (t) => {
  const scene = await startScene(t)
  const { watch, held, waiting } = scene
  const started = await startGateway(t, '', { plan: planWith(scene.document, scene.plugins) })
  const { url, port, log } = started
  t.beforeEach(() => {
    watch.begun.length = watch.ended.length = 0
    held.clear()
  })
  const connect = () => RawConnection.open(t, port)
  const over = (count: number) => eventually(() => watch.ended.length >= count)

  await t.test('answers of upstreams, of the gateway and of plugins', async (t) => {
    const paths = ['/fine', '/dead', '/reply', '/refuse', '/throw']
    const answers = await Promise.all(paths.map((path) => send(url + path)))
    t.same(
      answers.map(({ status }) => status),
      [200, 502, 200, 403, 500]
    )
    t.equal((await send(`${url}/fine`, { method: 'HEAD' })).status, 200)
    t.equal((await send(`${url}/fine`, { method: 'OPTIONS', headers: { 'max-forwards': '0' } })).status, 200)
    await over(7)
    allEnded(t, watch, 7)
    t.match(
      log.filter(({ msg }) => msg === 'plugin failed at the end of a request'),
      [{ route: 'throw', err: { message: 'at the end' } }],
      'one that fails keeps nobody from the end'
    )
  })

  await t.test('not before the last byte is out', async (t) => {
    const client = await connect()
    client.write('GET /drip HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.head()
    await client.bytes(3)
    t.same(watch.ended, [])
    held.get('/drip')?.end('defghij')
    await client.bytes(7)
    await over(1)
    allEnded(t, watch, 1)
    client.destroy()
  })

  await t.test('upstreams that break off, and clients that go away', async (t) => {
    const cut = await connect()
    cut.write('GET /drip HTTP/1.1\r\nHost: a\r\n\r\n')
    await cut.bytes(10)
    held.get('/drip')?.destroy()
    await cut.closed()
    await over(1)

    const early = await connect()
    early.write('GET /hang HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => held.has('/hang'))
    t.equal(watch.ended.length, 1)
    early.destroy()
    await over(2)

    const upload = await connect()
    upload.write('POST /fine HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc')
    await eventually(() => watch.begun.length === 3)
    upload.destroy()
    await over(3)
    allEnded(t, watch, 3)
  })

  await t.test('requests of one connection that goes away, the first unanswered', async (t) => {
    const client = await connect()
    client.write('GET /hang HTTP/1.1\r\nHost: a\r\n\r\nGET /fine HTTP/1.1\r\nHost: a\r\n\r\nGET /reply HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => watch.begun.length === 3 && held.has('/hang'))
    client.destroy()
    await over(3)
    allEnded(t, watch, 3)
  })

  await t.test('who asks after the end hears at once', async (t) => {
    const client = await connect()
    client.write('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => waiting.length === 1)
    client.destroy()
    await over(1)
    waiting[0]?.()
    await over(2)
    const [id] = watch.begun
    t.same(watch.ended, [id, `late ${id}`])
  })

  await t.test('WebSockets when they are closed, not when they are opened', async (t) => {
    const client = await connect()
    client.write(`${UPGRADE}\r\n`)
    t.equal((await client.response()).status, 101)
    const refused = await connect()
    refused.write(`${UPGRADE.replace('/chat', '/no-chat')}\r\n`)
    t.equal((await refused.response()).status, 403)
    const byPlugin = await connect()
    byPlugin.write(`${UPGRADE.replace('/chat', '/refuse')}\r\n`)
    t.equal((await byPlugin.response()).status, 403)
    await over(2)
    t.notOk(watch.ended.includes(watch.begun[0] ?? ''), 'it is still open')
    for (const { socket } of [client, refused, byPlugin]) socket.destroy()
    await over(3)
    allEnded(t, watch, 3)
  })

  await t.test('nothing is left', async (t) => {
    t.equal(await started.gateway.close(), 0, 'no request had to be cut off')
  })
})
