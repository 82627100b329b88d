import t from 'tap'
import { readAnswer } from '../support/answer-record.ts'
import { dice } from '../support/random.ts'
import { KnownHead } from '../../src/upstream/http1/known-head.ts'

const STATUS = ['HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 Ok\r\n', 'HTTP/1.0 200 OK\r\n', 'HTTP/1.1 304\r\n', 'HTTP/1.1 200 OK\n', 'HTTP/2.0 200 OK\r\n']
const LINES = [
  'Content-Length: 2\r\n',
  'Content-Length: 3\r\n',
  'Content-Length: 12\r\n',
  'Content-Length: x\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  'Connection: Close\r\n',
  'Connection: other\r\n',
  'Keep-Alive: timeout=5\r\n',
  'Date: Sat, 21 Nov 2026 10:00:00 GMT\r\n',
  'Date: Sat, 21 Nov 2026 10:00:01 GMT\r\n',
  'X-A: 1\r\n',
  'X-A: 1 \r\n',
  'X-A:1\r\n',
  'x-a: 1\r\n',
  'Set-Cookie: a=1\r\n',
  'Set-Cookie: a=2\r\n',
  'Set-Cookie: a=2; Path=/\r\n',
  'Y: \r\n',
  'Y:\r\n',
  ': 1\r\n',
  'Z: \x01\r\n',
  'Z: 1\n',
  '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0',
  `Long: ${'l'.repeat(3000)}\r\n`
]

t.test('what an endpoint said before changes nothing of what it says now', (t) => {
  const luck = dice()
  t.comment(`TEST_SEED=${luck.seed}`)
  const known = new KnownHead()
  let status = STATUS[0] as string
  let lines: string[] = []
  let faults = 0
  for (let i = 0; i < 4000; i++) {
    // Mostly the same head again with one line more, less, or another one in its place.
    if (luck.chance(0.1)) status = luck.pick(STATUS)
    if (luck.chance(0.8)) lines = lines.toSpliced(luck.int(0, lines.length), luck.int(0, 1), ...(luck.chance(0.6) ? [luck.pick(LINES)] : []))
    if (lines.length > 8 || luck.chance(0.05)) lines = lines.slice(luck.int(1, 8))
    const answer = `${status}${lines.join('')}\r\nabc`
    const told = readAnswer([answer])
    if (told.at(-1) === 'fault') faults++
    t.strictSame(readAnswer([answer], { known }), told, JSON.stringify(answer))
  }
  t.ok(faults > 400 && faults < 3600, `${faults} of 4000 are faults`)
  t.end()
})
