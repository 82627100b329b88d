import t from 'tap'
import { inFlight } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { fieldsOf, RawConnection } from '../support/raw-client.ts'
import { expectRefusal } from '../support/refused.ts'

const HEAD = 'POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
const SECOND = 'GET /second HTTP/1.1\r\nHost: a\r\n\r\n'
const END = '0\r\n\r\n'

const MALFORMED: readonly string[] = [
  // Sizes.
  ...['', '-5', '+5', '0x5', '0_5', '5_', ' 5', '5 ', '5\t', '\x0b5', '5\x0b', 'g', '5.0', '5h', '10000000000000005', 'f'.repeat(17)].map(
    (size) => `${size}\r\nhello\r\n${END}`
  ),
  // Line ends.
  ...['5\nhello\r\n', '5\rhello\r\n', '5\r\r\nhello\r\n', '5\r\nhello\n', '5\r\nhello\r', '5\r\nhello', '5\r\nhelloXX', '5\r\nhellooo\r\n'].map(
    (chunk) => chunk + END
  ),
  '5\r\nhello\r\n0\n\n',
  '5\r\nhello\r\n0\r\n\n',
  '5\r\nhello\r\n0\r\nX',
  // Extensions.
  ...[';', '; a=b', ' ;a=b', ';a =b', ';a= b', ';a="b', ';a=b"', ';a=\0', ';a=\x7f', ';a=\xff', ';a\nx', ';a\rx', ',a=b', '\x85'].map(
    (extension) => `5${extension}\r\nhello\r\n${END}`
  ),
  `5;a=${'x'.repeat(20_000)}\r\nhello\r\n${END}`,
  // Trailers.
  ...['X', 'X : y', ': y', 'X: y\n', 'X: \0', 'X: y\r\n z', 'GET /third HTTP/1.1\r\nHost: a', `X: ${'y'.repeat(20_000)}`].map(
    (trailer) => `5\r\nhello\r\n0\r\n${trailer}\r\n\r\n`
  ),
  '5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n',
  '5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'
]

t.test('each is refused, its upstream let go, and what is behind it never read', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, passThrough(origin.url))
  for (const chunks of MALFORMED) {
    await expectRefusal(t, gateway, JSON.stringify(chunks.slice(0, 50)), HEAD + chunks + SECOND, 400, 'SP_BAD_REQUEST')
  }
  t.same(origin.seen, [], 'no upstream took one for whole')
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
})

const WELL_FORMED: readonly string[] = [
  `5\r\nhello\r\n${END}`,
  `005\r\nhello\r\n000\r\n\r\n`,
  `2\r\nhe\r\n3\r\nllo\r\n${END}`,
  `5;a\r\nhello\r\n0;b=c\r\n\r\n`,
  `5;a="b; c\\"d";e=f\r\nhello\r\n${END}`,
  `5;a=${'x'.repeat(10_000)}\r\nhello\r\n${END}`,
  '5\r\nhello\r\n0\r\nX-A: b\r\nX-C:\r\n\r\n',
  '5\r\nhello\r\n0\r\nHost: b\r\nAuthorization: c\r\nX-Consumer-Name: d\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n'
]

t.test('extensions and trailers are allowed within bounds, and stay here', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, passThrough(origin.url))
  for (const chunks of WELL_FORMED) {
    const client = await RawConnection.open(t, port)
    client.write(HEAD + chunks + SECOND)
    t.same([(await client.response()).status, (await client.response()).status], [200, 200], chunks.slice(0, 50))
    const [first, second] = origin.seen.splice(0).toSorted((a, b) => a.url.localeCompare(b.url))
    t.same([first?.url, first?.body.toString(), second?.url], ['/first', 'hello', '/second'])
    t.same(fieldsOf(first?.rawHeaders ?? [], 'authorization'), [])
    t.same(fieldsOf(first?.rawHeaders ?? [], 'x-consumer-name'), [])
    t.same(fieldsOf(first?.rawHeaders ?? [], 'x-forwarded-for'), ['127.0.0.1'])
    client.destroy()
  }
})
