import t from 'tap'
import { inFlight } from '../support/admin.ts'
import { readAnswers } from '../support/answers.ts'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { type Dice, dice } from '../support/random.ts'
import { RawConnection } from '../support/raw-client.ts'

const BATCH = 500
const BATCHES = process.env['FUZZ'] === undefined ? 4 : 200
const AT_ONCE = 20
const HEADS = [
  'GET /a/b?c=d HTTP/1.1\r\nHost: shop.example\r\nAccept: */*\r\nCookie: a=b\r\n\r\n',
  'POST /orders HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 5\r\nConnection: keep-alive, X-A\r\nX-A: 1\r\n\r\nhello',
  'PUT /orders/1 HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'POST /c HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: chunked\r\n\r\n2;a="b"\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\n',
  'GET http://shop.example/x HTTP/1.0\r\nConnection: keep-alive\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\n\r\nOPTIONS /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\n\r\n',
  'HEAD /x HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nX_Tenant: 1\r\nAuthorization: Bearer x\r\n\r\nGET /%61%2fb HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
].map((text) => Buffer.from(text, 'latin1'))
/** What has a meaning somewhere in a message. */
const WORDS = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '\t',
  '\0',
  '\x0b',
  '\x7f',
  '\xff',
  ':',
  ';',
  ',',
  '"',
  '/',
  '//',
  '\\',
  '?',
  '#',
  '@',
  '*',
  '_',
  '-',
  '+',
  '0',
  '5',
  '%00',
  '%2f',
  '%2e%2e',
  '/../',
  'http://',
  'https://u@',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'chunked',
  ', chunked',
  'identity',
  'close',
  'upgrade',
  'Transfer-Encoding: chunked\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Host: a\r\n',
  'Connection: close\r\n',
  'Expect: 100-continue\r\n',
  'Authorization: x\r\n',
  'X_Forwarded_For: x\r\n',
  'Max-Forwards: 0\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'TRACE ',
  'CONNECT ',
  'OPTIONS * '
].map((text) => Buffer.from(text, 'latin1'))

function mutated(luck: Dice): Buffer {
  let bytes = Buffer.from(luck.pick(HEADS))
  for (let i = luck.int(1, 3); i > 0; i--) {
    const at = luck.int(0, bytes.length)
    switch (luck.int(0, 5)) {
      case 0:
        if (at < bytes.length) bytes[at] = luck.int(0, 255)
        break
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), luck.bytes(luck.int(1, 3)), bytes.subarray(at)])
        break
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + luck.int(1, 5))])
        break
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(luck.int(0, at), at), bytes.subarray(at)])
        break
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), luck.pick(WORDS), bytes.subarray(at)])
    }
  }
  return bytes
}

interface Case {
  readonly bytes: Buffer
  /** Where it is cut into two pieces; 0 to leave it whole. */
  readonly cut: number
}

function draw(luck: Dice): Case {
  const bytes = mutated(luck)
  return { bytes, cut: luck.chance(0.3) ? luck.int(0, bytes.length) : 0 }
}

/** Everything that comes back. A client that has nothing more to say closes its side. */
async function exchange(port: number, { bytes, cut }: Case): Promise<string> {
  const client = await RawConnection.open({ teardown() {} }, port)
  if (cut > 0) await new Promise((resolve) => client.socket.setNoDelay(true).write(bytes.subarray(0, cut), resolve))
  client.socket.end(bytes.subarray(cut))
  const text = await client.rest()
  client.destroy()
  return text
}

/** What is wrong with the answers; null when nothing is. */
function fault(text: string, seen: Map<number, number>): string | null {
  for (const { status, contentType, body } of readAnswers(text)) {
    seen.set(status, (seen.get(status) ?? 0) + 1)
    if (status < 300) continue
    if (status >= 500 && status !== 501) return `status ${status}`
    if (contentType !== 'application/problem+json') return `${status} without a cause`
    if (body !== '' && !/^SP_[A-Z_]+$/.test((JSON.parse(body) as { code: string }).code)) return `${status} without a code`
  }
  return null
}

if (BATCHES > 4) t.setTimeout(900_000)

t.test(`${BATCH * BATCHES} mutated requests are answered with a cause or closed, never with 500, and the gateway lives`, async (t) => {
  const luck = dice()
  t.comment(`TEST_SEED=${luck.seed}`)
  const origin = await startOrigin(t, (request, response) => {
    request
      .on('error', () => {})
      .resume()
      .on('end', () => response.end('fine'))
  })
  const broken: string[] = []
  origin.server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
    if (error.code?.startsWith('HPE_') === true && error.code !== 'HPE_INVALID_EOF_STATE')
      broken.push(`${error.code} ${error.rawPacket?.toString('latin1')}`)
    socket.destroy()
  })
  const running = await startGateway(t, `clientTimeouts: { bodyIdle: 1s, headers: 2s }\n${passThrough(origin.url)}`)
  const { port, url, gateway } = running
  const seen = new Map<number, number>()
  const bad: string[] = []
  const run = async (cases: Case[]): Promise<void> => {
    for (let one = cases.pop(); one !== undefined; one = cases.pop()) {
      try {
        const wrong = fault(await exchange(port, one), seen)
        if (wrong !== null) bad.push(`${wrong}: ${one.bytes.toString('latin1')}`)
      } catch (error) {
        bad.push(`${String(error)}: ${one.bytes.toString('latin1')}`)
      }
    }
  }
  for (let batch = 0; batch < BATCHES; batch++) {
    const cases = Array.from({ length: BATCH }, () => draw(luck))
    await Promise.all(Array.from({ length: AT_ONCE }, () => run(cases)))
    t.same(bad.splice(0).slice(0, 3), [], `TEST_SEED=${luck.seed}`)
    t.equal((await send(url)).text, 'fine', 'a good request after the batch')
    await eventually(async () => (await inFlight(running, 'origin')) === 0)
  }
  t.same(broken.slice(0, 3), [], 'no upstream was sent what it could not read')
  t.ok((seen.get(400) ?? 0) > BATCH, 'many are malformed')
  t.ok((seen.get(200) ?? 0) > BATCH / 4, 'many are not')
  t.equal(await gateway.close(), 0, 'no request is left')
})
