import type { Dice } from '../support/random.ts'

/** What a client writes, and how it goes on. */
export interface MutatedRequest {
  readonly bytes: Buffer
  /** Where it is cut into pieces that are written one after the other; ascending. */
  readonly cuts: readonly number[]
  /** Whether the client breaks the connection off behind them, instead of reading on. */
  readonly breaksOff: boolean
}

const MESSAGES = [
  'GET /a/b?c=d HTTP/1.1\r\nHost: shop.example\r\nAccept: */*\r\nCookie: a=b\r\n\r\n',
  'POST /orders HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 5\r\nConnection: keep-alive, X-A\r\nX-A: 1\r\n\r\nhello',
  'PUT /orders/1 HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'POST /c HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: chunked\r\n\r\n2;a="b"\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\n',
  `POST /d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${'1a\r\nabcdefghijklmnopqrstuvwxyz\r\n'.repeat(8)}0\r\n\r\n`,
  `PATCH /e HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 300\r\n\r\n${'GET / HTTP/1.1\r\nHost: a\r\n\r\n..'.repeat(10)}`,
  'GET http://shop.example/x HTTP/1.0\r\nConnection: keep-alive\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\n\r\n',
  'OPTIONS /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\n\r\n',
  'HEAD /x HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nX_Tenant: 1\r\nAuthorization: Bearer x\r\n\r\n',
  'DELETE /x/1?y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
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
  'RTSP/1.0',
  'chunked',
  ', chunked',
  'identity',
  'close',
  'upgrade',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  ';a=b',
  'ffffffffffffffff',
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
  'OPTIONS * ',
  'PLAY '
].map((text) => Buffer.from(text, 'latin1'))

/** One to four messages in one stream, with up to three faults anywhere in them: lines, fields, bodies, chunks. */
export function drawRequest(luck: Dice): MutatedRequest {
  let bytes: Buffer = Buffer.concat(Array.from({ length: luck.chance(0.5) ? 1 : luck.int(2, 4) }, () => luck.pick(MESSAGES)))
  for (let i = luck.int(0, 3); i > 0; i--) bytes = mutated(bytes, luck)
  const breaksOff = luck.chance(0.15)
  if (breaksOff) bytes = bytes.subarray(0, luck.int(1, bytes.length))
  const cuts = luck.chance(0.4) ? Array.from({ length: luck.int(1, 4) }, () => luck.int(1, bytes.length)).toSorted((a, b) => a - b) : []
  return { bytes, cuts, breaksOff }
}

function mutated(bytes: Buffer, luck: Dice): Buffer {
  const at = luck.int(0, bytes.length)
  const insert = (more: Buffer): Buffer => Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)])
  switch (luck.int(0, 8)) {
    case 0:
      return Buffer.from(bytes.map((byte, index) => (index === at ? luck.int(0, 255) : byte)))
    case 1:
      return insert(luck.bytes(luck.int(1, 3)))
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + luck.int(1, 5))])
    case 3:
      return insert(bytes.subarray(luck.int(0, at), at))
    case 4:
      return withAnotherNumber(bytes, luck)
    case 5:
      return withAnotherLine(bytes, luck)
    default:
      return insert(luck.pick(WORDS))
  }
}

/** A digit becomes its neighbour: lengths and chunk sizes that are wrong by a little. */
function withAnotherNumber(bytes: Buffer, luck: Dice): Buffer {
  const digits = [...bytes.keys()].filter((index) => /[0-9a-f]/.test(String.fromCharCode(bytes[index] as number)))
  const chosen = digits.length === 0 ? -1 : luck.pick(digits)
  const step = luck.chance(0.5) ? 1 : -1
  return Buffer.from(bytes.map((byte, index) => (index === chosen ? byte + step : byte)))
}

/** A line is left out, or comes twice. */
function withAnotherLine(bytes: Buffer, luck: Dice): Buffer {
  const lines = bytes.toString('latin1').split('\r\n')
  const chosen = luck.int(0, lines.length - 1)
  lines.splice(chosen, 1, ...(luck.chance(0.5) ? [] : [lines[chosen] as string, lines[chosen] as string]))
  return Buffer.from(lines.join('\r\n'), 'latin1')
}
