import t from 'tap'
import { startGateway } from '../support/gateway.ts'
import { RawConnection } from '../support/raw-client.ts'
import { startScriptedOrigin } from '../support/scripted-origin.ts'

const CHUNKS = '5\r\nhello\r\n0\r\n\r\n'
const GOOD = 'GET /good HTTP/1.1\r\nHost: a\r\n\r\n'

const ANSWERS: readonly (readonly [fields: string, content: string])[] = [
  ...['5 ', '5\t', '\t5\t', '  5 \t '].map((value) => [`Content-Length:${value}`, 'hello'] as const),
  ...['chunked ', 'chunked\t', '\tchunked \t'].map((value) => [`Transfer-Encoding:${value}`, CHUNKS] as const),
  ['X-A: b \r\nContent-Length: 5 \r\nX-C:  ', 'hello']
]

t.test('the answer arrives whole, and its connections go on', async (t) => {
  const origin = await startScriptedOrigin(t)
  const { port } = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"], retry: { attempts: 0 } } }\nroutes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  const client = await RawConnection.open(t, port)
  for (const [fields, content] of ANSWERS) {
    for (const method of ['GET', 'HEAD']) {
      const body = method === 'HEAD' ? '' : content
      origin.script = `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n${body}`
      client.write(`${method} /a HTTP/1.1\r\nHost: a\r\n\r\n${GOOD}`)
      const { status, body: received, complete } = await client.response(method === 'HEAD')
      t.same([status, received.toString(), complete], [200, body === '' ? '' : 'hello', true], JSON.stringify(fields))
      t.equal((await client.response()).body.toString(), 'good')
    }
  }
  t.equal(origin.requests.length, 4 * ANSWERS.length)
})

t.test('a value without it goes to the client', async (t) => {
  const origin = await startScriptedOrigin(t)
  const { port } = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"] } }\nroutes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  origin.script = 'HTTP/1.1 200 OK\r\nX-A: b c \t \r\nContent-Length: 0\r\nX-D:\t\r\n\r\n'
  const client = await RawConnection.open(t, port)
  client.write('GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.match(await client.rest(), /\r\nX-A: b c\r\nContent-Length: 0\r\nX-D: ?\r\n/)
})
