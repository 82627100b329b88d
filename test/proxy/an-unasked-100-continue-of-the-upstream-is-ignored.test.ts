import t from 'tap'
import { send } from '../support/client.ts'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startFixedOrigin, startRawOrigin } from '../support/origin.ts'

const CONTINUE = 'HTTP/1.1 100 Continue\r\nX-Note: a\r\n\r\n'
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\nHTTP/1.1 100 Continue'

t.test('a default proxy answers 500', async (t) => {
  const origin = await startFixedOrigin(t, CONTINUE + ANSWER)
  t.equal((await send((await startDefaultProxy(t, origin.url)).url)).status, 500)
})

// RFC 9110 section 15.2: a client must be able to parse interim answers even if it does not expect one.
const PIECES: readonly [string, readonly string[]][] = [
  ['together with the answer', [CONTINUE + ANSWER]],
  ['twice', [CONTINUE, CONTINUE, ANSWER]],
  ['in single bytes', (CONTINUE + ANSWER).split('')],
  ['around 103', [CONTINUE, `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${CONTINUE.slice(0, 9)}`, CONTINUE.slice(9) + ANSWER]]
]

for (const [name, pieces] of PIECES) {
  t.test(`the gateway delivers the answer after a 100 Continue that comes ${name}, on a connection that is used again`, async (t) => {
    const origin = await startRawOrigin(t, (socket) => {
      const writeFrom = (index: number): void => {
        if (index < pieces.length)
          socket.write(pieces[index] as string, 'latin1', () => {
            setImmediate(writeFrom, index + 1)
          })
      }
      socket.setNoDelay(true).on('data', () => {
        writeFrom(0)
      })
    })
    const { url } = await startGateway(t, passThrough(origin.url))
    for (let i = 0; i < 3; i++) {
      const answer = await send(url)
      t.equal(answer.status, 200)
      t.equal(answer.text, 'HTTP/1.1 100 Continue', 'a body that looks like one is left alone')
    }
    t.equal(origin.accepted, 1)
  })
}
