import t from 'tap'
import { startGateway, type Teardown } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { field, fieldsOf, rawRequest } from '../support/raw-client.ts'

async function start(t: Teardown) {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - { name: some, match: { path: /some, methods: [GET, OPTIONS] }, upstream: origin }
  - { name: guarded, match: { path: /guarded }, upstream: origin, plugins: { ip-filter: { deny: ["0.0.0.0/0", "::/0"] } } }
  - { name: any, match: { path: /any }, upstream: origin, plugins: { headers: { response: { set: { x-edited: 'yes' } } } } }`
  )
  const options = (path: string, line: string) => rawRequest(t, port, `OPTIONS ${path} HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`)
  return { origin, port, options }
}

t.test('OPTIONS is forwarded with one hop less', async (t) => {
  const { origin, options } = await start(t)
  for (const [sent, seen] of [
    ['1', '0'],
    ['10', '9'],
    ['007', '6'],
    ['99999999999999999999', '999999999']
  ] as const) {
    t.equal((await options('/any', `Max-Forwards: ${sent}`)).status, 200)
    t.same(fieldsOf(origin.seen.at(-1)?.rawHeaders ?? [], 'max-forwards'), [seen])
  }
  await options('/any', 'Max-Forwards: 3\r\nConnection: max-forwards')
  t.same(fieldsOf(origin.seen.at(-1)?.rawHeaders ?? [], 'max-forwards'), ['2'], 'no Connection option takes it away')
})

t.test('at 0 the gateway answers by itself, for the route', async (t) => {
  const { origin, options } = await start(t)
  const some = await options('/some', 'Max-Forwards: 0')
  t.equal(some.status, 200)
  t.equal(field(some.fields, 'allow'), 'GET, OPTIONS')
  t.equal(some.body.length, 0)
  const any = await options('/any', 'Max-Forwards: 0')
  t.equal(field(any.fields, 'allow'), 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
  t.equal(field(any.fields, 'x-edited'), 'yes')
  t.equal((await options('/guarded', 'Max-Forwards: 0')).status, 403, 'after the plugins of the route')
  t.equal((await options('/none', 'Max-Forwards: 0')).status, 404)
  t.same(origin.seen, [])
})

t.test('what cannot be counted is refused', async (t) => {
  const { origin, options } = await start(t)
  for (const value of ['', '-1', '+1', '1.5', 'x', '1, 2', '0x1']) {
    const response = await options('/any', `Max-Forwards: ${value}`)
    t.equal(response.status, 400, value)
    t.equal(field(response.fields, 'connection'), 'close')
  }
  t.equal((await options('/any', 'Max-Forwards: 1\r\nMax-Forwards: 0')).status, 400, 'two of them')
  t.same(origin.seen, [])
})

t.test('other methods do not care', async (t) => {
  const { origin, port } = await start(t)
  await rawRequest(t, port, 'GET /some HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n')
  t.same(fieldsOf(origin.seen[0]?.rawHeaders ?? [], 'max-forwards'), ['0'])
})
