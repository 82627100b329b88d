import t from 'tap'
import { passThrough, startGateway, type Teardown } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { planWith, pluginThat } from '../support/plan.ts'
import { fieldsOf, rawRequest } from '../support/raw-client.ts'

/** Lets everybody in as one consumer, and sets a field of its own as plugins do. */
const letIn = pluginThat(
  'let-in',
  (app) => {
    app.addHook('onRequest', (request, _reply, done) => {
      const name = request.url === '/half' ? 'a\ud800b' : 'shop'
      request.gateway.consumer = { name, groups: ['gold', 'eu'] }
      request.gateway.setRequestHeader('x-user-id', '17')
      done()
    })
  },
  'authenticate'
)

async function start(t: Teardown) {
  const origin = await startRecordingOrigin(t)
  const text = `trustedProxies: [127.0.0.1]
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - { name: known, match: { path: /known }, upstream: origin, plugins: { let-in: {} } }
  - { name: half, match: { path: /half }, upstream: origin, plugins: { let-in: {} } }
  - { name: open, match: { path: /open }, upstream: origin }`
  const { port } = await startGateway(t, passThrough(origin.url), { plan: planWith(text, [letIn]) })
  const seen = async (path: string, fields: string): Promise<readonly string[]> => {
    await rawRequest(t, port, `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`)
    return origin.seen.pop()?.rawHeaders ?? []
  }
  return seen
}

const CLAIMED = 'X-Consumer-Name: admin\r\nx-consumer-groups: root\r\nX-CONSUMER-CUSTOM: 1\r\nX-Consumer-: 2'

t.test('what a client says of consumers never reaches an upstream, not even from a trusted proxy', async (t) => {
  const fields = await (await start(t))('/open', `${CLAIMED}\r\nX-Kept: 1`)
  t.same(
    fields.filter((name) => /^x-consumer/i.test(name)),
    []
  )
  t.same(fieldsOf(fields, 'x-kept'), ['1'])
})

t.test('the upstream is told the consumer that the gateway knows, once', async (t) => {
  const fields = await (await start(t))('/known', CLAIMED)
  t.same(fieldsOf(fields, 'x-consumer-name'), ['shop'])
  t.same(fieldsOf(fields, 'x-consumer-groups'), ['gold,eu'])
  t.same(fieldsOf(fields, 'x-consumer-custom'), [])
})

t.test('a name of which half a character is missing is written with the replacement character', async (t) => {
  t.same(fieldsOf(await (await start(t))('/half', 'X-A: 1'), 'x-consumer-name'), ['a%EF%BF%BDb'])
})

t.test('no Connection option removes what the gateway or a plugin sets', async (t) => {
  const seen = await start(t)
  for (const options of ['x-consumer-name, X-Consumer-Groups, x-user-id, via', 'close, X-CONSUMER-NAME,x-consumer-groups,\tX-User-Id , VIA']) {
    const fields = await seen('/known', `Connection: ${options}\r\nX-User-Id: 1`)
    for (const [name, value] of [
      ['x-consumer-name', 'shop'],
      ['x-consumer-groups', 'gold,eu'],
      ['x-user-id', '17'],
      ['via', '1.1 sallyport']
    ] as const) {
      t.same(fieldsOf(fields, name), [value], name)
    }
  }
})

t.test('a name with underscores cannot double what a plugin sets', async (t) => {
  const fields = await (await start(t))('/known', 'X_User_Id: 1\r\nx_user-ID: 2\r\nX_User: 3')
  t.same(fieldsOf(fields, 'x-user-id'), ['17'])
  t.same(
    fields.filter((name) => /^x_user/i.test(name)),
    ['X_User']
  )
})
