import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'
import { expectRefusal } from '../support/refused.ts'

/** Whoever reads the body in another way than the gateway sees this second request in it, or misses it. */
const SECOND = 'GET /second HTTP/1.1\r\nHost: a\r\n\r\n'
const CHUNKS = '5\r\nhello\r\n0\r\n\r\n'

const post = (fields: string, version = '1.1'): string => `POST /first HTTP/${version}\r\nHost: a\r\n${fields}\r\n\r\n${CHUNKS}${SECOND}`
const coding = (value: string): string => post(`Transfer-Encoding:${value}`)
const length = (value: string): string => post(`Content-Length:${value}`)

const REFUSED: readonly (readonly [name: string, request: string, status: 400 | 501])[] = [
  ...['gzip', 'identity', 'xchunked', 'chunkedx', 'chunke', 'cow', '"chunked"', 'chunked chunked', 'chunked;', 'chunked;q=1', 'ch\xfcnked'].map(
    (value) => [`the coding ${value}`, coding(` ${value}`), 501] as const
  ),
  ...['gzip, chunked', 'gzip,chunked', 'identity, chunked', ',chunked', ', chunked', 'x chunked'].map(
    (value) => [`the codings ${value}`, coding(` ${value}`), 501] as const
  ),
  ...['chunked, chunked', 'chunked, gzip', 'chunked, identity', 'chunked,', 'chunked, ', '', ' '].map(
    (value) => [`the codings ${JSON.stringify(value)}`, coding(value), 400] as const
  ),
  ...['\x0bchunked', 'chunked\x0b', '\x0cchunked', 'chunked\x0c', 'chun\0ked', 'chunked\x7f', 'chunked\t'].map(
    (value) => [`odd bytes around the coding: ${JSON.stringify(value)}`, coding(value), 400] as const
  ),
  ...['chunked\r\n ', '\r\n chunked', 'chunked\r\n , gzip', 'x\r\n\tchunked'].map(
    (value) => [`a folded coding: ${JSON.stringify(value)}`, coding(` ${value}`), 400] as const
  ),
  ['two chunked', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'), 400],
  ['chunked and identity', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'), 400],
  ['identity and chunked', post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked'), 501],
  ['an empty coding and chunked', post('Transfer-Encoding:\r\nTransfer-Encoding: chunked'), 400],
  ['chunked and an empty coding', post('Transfer-Encoding: chunked\r\nTransfer-Encoding:'), 400],
  ['a space in the name of the coding', post('Transfer-Encoding : chunked'), 400],
  ['a coding behind a bare LF', post('X-A: b\nTransfer-Encoding: chunked'), 400],
  ['a coding behind a bare CR', post('X-A: b\rTransfer-Encoding: chunked'), 400],
  ['a coding folded into another field', post('X-A: b\r\n Transfer-Encoding: chunked'), 400],
  ['a coding in HTTP/1.0', post('Transfer-Encoding: chunked', '1.0'), 400],
  ['a coding and a length in HTTP/1.0', post('Transfer-Encoding: chunked\r\nContent-Length: 15', '1.0'), 400],
  ...['chunked', 'identity', 'x', ''].flatMap((value) => [
    [`a length before the coding ${value}`, post(`Content-Length: 15\r\nTransfer-Encoding: ${value}`), 400] as const,
    [`a length behind the coding ${value}`, post(`Transfer-Encoding: ${value}\r\nContent-Length: 15`), 400] as const
  ]),
  ['a length of 0 and a coding', post('Content-Length: 0\r\nTransfer-Encoding: chunked'), 400],
  ...['+15', '-15', '-0', '15,15', '15, 15', '15,16', '15;', '1 5', '15.0', '15e0', '0xf', '0b1', '1_5', "'15'", 'ten', '\u0661', '15\0'].map(
    (value) => [`the length ${JSON.stringify(value)}`, length(` ${value}`), 400] as const
  ),
  ...['', ' ', '\x0b15', '15\x0b', '\r\n 15', ' 1\r\n 5'].map((value) => [`the length ${JSON.stringify(value)}`, length(value), 400] as const),
  ...['18446744073709551616', '18446744073709551631', '9'.repeat(23), '1'.repeat(500)].map(
    (value) => [`a length above 64 bits (${value.length} digits)`, length(` ${value}`), 400] as const
  ),
  ['two equal lengths', post('Content-Length: 15\r\nContent-Length: 15'), 400],
  ['two different lengths', post('Content-Length: 15\r\nContent-Length: 16'), 400],
  ['two spellings of a length', post('Content-Length: 15\r\nContent-Length: 015'), 400],
  ['an empty length and a length', post('Content-Length:\r\nContent-Length: 15'), 400],
  ['a space in the name of the length', post('Content-Length : 15'), 400],
  ['a length on an upgrade', `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 15\r\n\r\n${CHUNKS}`, 400]
]

const ACCEPTED: readonly (readonly [name: string, request: string, body: string])[] = [
  ['chunked', coding(' chunked'), 'hello'],
  ['chunked in other letters, with spaces', coding(' \tCHUNKED '), 'hello'],
  ['a length', length(' 15'), CHUNKS],
  ['a length with zeros and white space', length('\t0015 \t'), CHUNKS],
  ['a length in HTTP/1.0', post('Connection: keep-alive\r\nContent-Length: 15', '1.0'), CHUNKS],
  ['a length of 0', `POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n${SECOND}`, ''],
  ['no length', `POST /first HTTP/1.1\r\nHost: a\r\n\r\n${SECOND}`, ''],
  ['GET with a length', `GET /first HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n${CHUNKS}${SECOND}`, CHUNKS],
  ['GET with chunks', `GET /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}${SECOND}`, 'hello'],
  ['HEAD with a length', `HEAD /first HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n${CHUNKS}${SECOND}`, CHUNKS]
]

t.test('what could be read in two ways is refused with everything behind it', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, passThrough(origin.url))
  for (const [name, request, status] of REFUSED) {
    await expectRefusal(t, gateway, name, request, status, status === 400 ? 'SP_BAD_REQUEST' : 'SP_NOT_IMPLEMENTED')
  }
  t.same(origin.seen, [])
})

t.test('a length above what a body may have is refused before the body', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, passThrough(origin.url))
  for (const value of ['99999999', '9007199254740993', '18446744073709551615']) {
    await expectRefusal(t, gateway, value, length(` ${value}`), 413, 'SP_BODY_TOO_LARGE')
  }
  t.same(origin.seen, [])
})

t.test('what is valid passes, and the request behind it is the next one', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, passThrough(origin.url))
  for (const [name, request, body] of ACCEPTED) {
    const client = await RawConnection.open(t, port)
    client.write(request)
    t.equal((await client.response(name.startsWith('HEAD'))).status, 200, name)
    t.equal((await client.response()).status, 200, name)
    const [first, second] = origin.seen.splice(0).toSorted((a, b) => a.url.localeCompare(b.url))
    t.same([first?.url, first?.body.toString(), second?.url, second?.body.length], ['/first', body, '/second', 0], name)
    client.destroy()
  }
})
