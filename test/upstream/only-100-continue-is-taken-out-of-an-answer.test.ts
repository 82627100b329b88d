import t from 'tap'
import { ContinueFilter } from '../../src/upstream/connect.ts'
import { dice } from '../support/random.ts'

const CONTINUE = 'HTTP/1.1 100 Continue\r\nA: b\r\n\r\n'
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
const FINALS = [
  `HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n${CONTINUE}`,
  'HTTP/1.0 404 Not Found\r\n\r\n',
  'HTTP/1.1 101 Switching\r\n\r\nHTTP/1.1 100 x\r\n\r\n'
]

t.test('whatever the pieces, 100 Continue before a final head is left out and nothing else is changed', async (t) => {
  const luck = dice()
  t.comment(`TEST_SEED=${luck.seed}`)
  for (let i = 0; i < 2000; i++) {
    const interim = Array.from({ length: luck.int(0, 4) }, () => luck.pick([CONTINUE, HINTS]))
    const final = luck.pick(FINALS)
    const bytes = Buffer.from(interim.join('') + final)
    const filter = new ContinueFilter()
    filter.expectHead()
    let passed = ''
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + luck.int(1, 30))
      at += piece.length
      passed += (filter.isIdle ? piece : filter.pass(piece))?.toString() ?? ''
    }
    const expected = interim.filter((head) => head === HINTS).join('') + final
    if (passed !== expected) return t.equal(passed, expected, `TEST_SEED=${luck.seed}`)
  }
})

t.test('what is no HTTP/1 is a fault, and nothing of it is handed on', async (t) => {
  for (const [start, ...rest] of ['no HTTP', 'HTTP/2.0 200 OK', 'RTSP/1.0 200 OK', `${CONTINUE}HTTP/0.9 200 OK`]) {
    const filter = new ContinueFilter()
    filter.expectHead()
    t.equal(filter.pass(Buffer.from(start as string)), null)
    t.equal(filter.pass(Buffer.from(rest.join(''))), null)
    t.equal(filter.fault, 'the answer is not HTTP/1.1')
  }
})

t.test('an interim head without end is handed on after 64 KiB', async (t) => {
  const filter = new ContinueFilter()
  filter.expectHead()
  t.equal(filter.pass(Buffer.from('HTTP/1.1 100 x\r\nA: ')), null)
  t.ok((filter.pass(Buffer.alloc(70_000, 'x'))?.length ?? 0) > 70_000)
  t.ok(filter.isIdle)
})

t.test('nothing is looked at until the head of a request has been written', async (t) => {
  t.ok(new ContinueFilter().isIdle)
})
