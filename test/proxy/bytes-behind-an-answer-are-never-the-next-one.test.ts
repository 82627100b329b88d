import t from 'tap'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { RawConnection } from '../support/raw-client.ts'
import { startScriptedOrigin } from '../support/scripted-origin.ts'

const EVIL = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
const head = (status: number, fields: string): string => `HTTP/1.1 ${status} x\r\n${fields}\r\n`

const ANSWERS: readonly (readonly [name: string, method: string, answer: string])[] = [
  ...[204, 304].flatMap((status) => [
    [`${status} with content of its length`, 'GET', `${head(status, `Content-Length: ${EVIL.length}\r\n`)}${EVIL}`] as const,
    [`${status} with an answer behind it`, 'GET', head(status, '') + EVIL] as const,
    [`${status} with chunks`, 'GET', `${head(status, 'Transfer-Encoding: chunked\r\n')}4\r\nevil\r\n0\r\n\r\n`] as const
  ]),
  ['HEAD with content of its length', 'HEAD', head(200, `Content-Length: ${EVIL.length}\r\n`) + EVIL],
  ['HEAD with chunks', 'HEAD', `${head(200, 'Transfer-Encoding: chunked\r\n')}4\r\nevil\r\n0\r\n\r\n`],
  ['a length of 0 with an answer behind it', 'GET', head(200, 'Content-Length: 0\r\n') + EVIL],
  ['more than the length', 'GET', `${head(200, 'Content-Length: 2\r\n')}hi${EVIL}`],
  ['more than the length that is no answer', 'GET', `${head(200, 'Content-Length: 2\r\n')}hi, evil`],
  ['an answer behind the last chunk', 'GET', `${head(200, 'Transfer-Encoding: chunked\r\n')}2\r\nhi\r\n0\r\n\r\n${EVIL}`]
]

for (const [name, method, answer] of ANSWERS) {
  t.test(`${name}: the next request gets its own answer, over another connection`, async (t) => {
    const origin = await startScriptedOrigin(t)
    const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
    origin.script = answer
    client.write(`${method} /bad HTTP/1.1\r\nHost: a\r\n\r\n`)
    const first = await client.response(method === 'HEAD')
    t.equal(first.status, Number(answer.slice(9, 12)))
    t.notMatch(first.body.toString(), /evil/)
    client.write('GET /good HTTP/1.1\r\nHost: a\r\n\r\n')
    const second = await client.response()
    t.same([second.status, second.body.toString()], [200, 'good'])
    t.equal(client.pending, 0)
    await eventually(() => origin.connections === 1)
    t.equal(origin.accepted, 2)
  })
}

t.test('an answer that comes while no request runs closes its connection', async (t) => {
  const origin = await startScriptedOrigin(t)
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  const late = new Promise<void>((resolve) => {
    origin.server.once('connection', (socket) => {
      socket.on('data', () => {
        // After the answer has gone through and the connection is idle.
        void client.response().then(() => socket.write(EVIL, () => resolve()))
      })
    })
  })
  client.write('GET /good HTTP/1.1\r\nHost: a\r\n\r\n')
  await late
  await eventually(() => origin.connections === 0)
  client.write('GET /good HTTP/1.1\r\nHost: a\r\n\r\n')
  t.equal((await client.response()).body.toString(), 'good')
})
