import net from 'node:net'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import { scrape } from '../support/metrics.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'

const KIB = 1024
const SENT = 1024 * KIB

/** Sends what is left after the head in pieces, whatever comes back, then reads; what came, and how the connection ended. */
async function sendAll(t: Test, socket: net.Socket, head: string): Promise<{ readonly text: string; readonly error: string | null }> {
  let text = ''
  let error: string | null = null
  let left = SENT
  t.teardown(() => socket.destroy())
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    error = cause.code ?? cause.message
  })
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
  socket.write(head)
  while (left > 0 && !socket.destroyed) {
    left -= 16 * KIB
    const isSent = new Promise<void>((resolve) => {
      socket.write('x'.repeat(16 * KIB), () => resolve())
    })
    await Promise.race([isSent, closed])
    // A turn for what the other side does, as on a slow line.
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
  socket.setEncoding('latin1').on('data', (piece: string) => {
    text += piece
  })
  socket.end()
  await closed
  return { text, error }
}

const HEADS: readonly [what: string, status: number, head: string][] = [
  ['for its size', 413, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n'],
  ['in the middle of it', 413, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n'],
  ['for its head', 400, 'POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 2000000\r\n\r\n'],
  ['as no HTTP at all', 400, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n']
]

t.test('a client that goes on sending 1 MiB gets the refusal, and no reset', async (t) => {
  const origin = await startRecordingOrigin(t)
  const plain = await startGateway(t, `limits: { body: 100KiB }\n${passThrough(origin.url)}`)
  const secure = await startHttp2Gateway(t, `limits: { body: 100KiB }\n${passThrough(origin.url)}`)
  for (const [what, status, head] of HEADS) {
    for (const socket of [net.connect(plain.port, '127.0.0.1'), tls.connect({ port: secure.port, rejectUnauthorized: false })]) {
      const { text, error } = await sendAll(t, socket, head)
      t.match(text, new RegExp(`^HTTP/1\\.1 ${status} [^]*"requestId"[^]*}$`), what)
      t.equal(error, null, what)
    }
  }
})

t.test('one that never closes its side is closed after two seconds', async (t) => {
  const origin = await startRecordingOrigin(t)
  const clock = new FakeClock()
  const gateway = await startGateway(t, passThrough(origin.url), { clock })
  const open = async () => (await scrape(gateway.adminUrl)).get('sallyport_connections_open{listener="127.0.0.1:0"}')
  for (const [what, status, head] of [...HEADS.slice(2), ['when it brought no body', 400, 'GET / HTTP/9.9\r\n\r\n'] as const]) {
    const client = await RawConnection.open(t, gateway.port)
    client.write(head)
    t.match(await client.rest(), new RegExp(`^HTTP/1.1 ${status} `), what)
    clock.advance(1_500)
    t.equal(await open(), 1, `${what}: it is listened to for a while`)
    clock.advance(500)
    await eventually(async () => (await open()) === 0)
  }
})

t.test('what follows a last answer is not served', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, `limits: { body: 1KiB }\n${passThrough(origin.url)}`)
  const client = await RawConnection.open(t, port)
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n')
  t.equal((await client.response()).status, 413)
  client.write(`${'x'.repeat(2000)}GET /next HTTP/1.1\r\nHost: a\r\n\r\n`)
  t.equal(await client.rest(), '')
  t.equal(origin.seen.length, 0)
})
