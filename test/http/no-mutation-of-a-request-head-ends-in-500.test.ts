import t from 'tap'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { type Dice, dice } from '../support/random.ts'
import { RawConnection } from '../support/raw-client.ts'

const COUNT = 3000
const AT_ONCE = 20
const HEADS = [
  'GET /a/b?c=d HTTP/1.1\r\nHost: shop.example\r\nAccept: */*\r\nCookie: a=b\r\n\r\n',
  'POST /orders HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 5\r\nConnection: keep-alive, X-A\r\nX-A: 1\r\n\r\nhello',
  'PUT /orders/1 HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'GET http://shop.example/x HTTP/1.0\r\nConnection: keep-alive\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n',
  'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
].map((text) => Buffer.from(text, 'latin1'))

function mutated(luck: Dice): Buffer {
  let bytes = Buffer.from(luck.pick(HEADS))
  for (let i = luck.int(1, 4); i > 0; i--) {
    const at = luck.int(0, bytes.length - 1)
    switch (luck.int(0, 3)) {
      case 0:
        bytes[at] = luck.int(0, 255)
        break
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), luck.bytes(luck.int(1, 3)), bytes.subarray(at)])
        break
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + luck.int(1, 5))])
        break
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(luck.int(0, at), at), bytes.subarray(at)])
    }
  }
  return bytes
}

/** Statuses of all that came back; a client that has nothing more to say closes its side. */
async function statuses(client: RawConnection, bytes: Buffer): Promise<number[]> {
  client.socket.end(bytes)
  const text = await client.rest()
  client.destroy()
  return [...text.matchAll(/(?:^|\r\n|\})HTTP\/1\.1 (\d{3})/g)].map((found) => Number(found[1]))
}

t.test(`${COUNT} mutated heads are answered or closed, never with 500, and the gateway lives`, async (t) => {
  const luck = dice()
  t.comment(`TEST_SEED=${luck.seed}`)
  const origin = await startOrigin(t, (request, response) => {
    request
      .on('error', () => {})
      .resume()
      .on('end', () => response.end('fine'))
  })
  const { port, url } = await startGateway(t, `clientTimeouts: { bodyIdle: 1s, headers: 2s }\n${passThrough(origin.url)}`)
  const seen = new Map<number, number>()
  const bad: string[] = []
  const run = async (): Promise<void> => {
    for (let i = 0; i < COUNT / AT_ONCE; i++) {
      const bytes = mutated(luck)
      for (const status of await statuses(await RawConnection.open({ teardown() {} }, port), bytes)) {
        seen.set(status, (seen.get(status) ?? 0) + 1)
        if (status === 500) bad.push(bytes.toString('latin1'))
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, run))
  t.same(bad, [], `TEST_SEED=${luck.seed}`)
  t.ok((seen.get(400) ?? 0) > 100, 'many are malformed')
  t.equal((await send(url)).text, 'fine')
})
