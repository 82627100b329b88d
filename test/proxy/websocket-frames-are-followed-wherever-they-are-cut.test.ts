import t from 'tap'
import { closeFrame, FrameTracker } from '../../src/proxy/websocket-frames.ts'
import fc from '../support/property.ts'
import { BINARY, CLOSE, CONTINUATION, frame, type FrameOptions, MASK, PING, PONG, TEXT } from '../support/websocket-frames.ts'

const length = fc.oneof(fc.integer({ min: 0, max: 130 }), fc.constantFrom(125, 126, 127, 65_535, 65_536, 70_000))
const data = fc.record({ opcode: fc.constantFrom(CONTINUATION, TEXT, BINARY), length, fin: fc.boolean(), rsv: fc.integer({ min: 0, max: 7 }) })
const control = fc.record({
  opcode: fc.constantFrom(PING, PONG),
  length: fc.integer({ min: 0, max: 125 }),
  fin: fc.constant(true),
  rsv: fc.constant(0)
})
const frames = fc.array(fc.oneof(data, control), { minLength: 1, maxLength: 12 })
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 })

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.map((share) => Math.floor(share * bytes.length)).toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end))
}

t.test('boundaries are known after any cut, and no byte is held back for them', (t) => {
  fc.assert(
    fc.property(frames, cuts, fc.boolean(), (list, at, masked) => {
      const built = list.map(({ opcode, length, fin, rsv }) => frame(opcode, Buffer.alloc(length, 0x88), { fin, rsv, mask: masked ? MASK : null }))
      const ends = new Set([0])
      let total = 0
      for (const one of built) ends.add((total += one.length))
      const tracker = new FrameTracker(masked)
      let seen = 0
      for (const piece of cut(Buffer.concat(built), at)) {
        tracker.follow(piece)
        seen += piece.length
        if (tracker.isAtBoundary !== ends.has(seen)) throw new Error(`at ${seen} of ${total}: ${tracker.isAtBoundary}`)
      }
      return !tracker.isLost && !tracker.hasClosed
    }),
    { numRuns: 300 }
  )
  t.end()
})

t.test('the end of the frame that is under way is found within whatever comes', (t) => {
  fc.assert(
    fc.property(frames, fc.double({ min: 0, max: 1, noNaN: true }), cuts, fc.boolean(), (list, share, at, masked) => {
      const built = list.map(({ opcode, length, fin, rsv }) => frame(opcode, Buffer.alloc(length, 0x88), { fin, rsv, mask: masked ? MASK : null }))
      const bytes = Buffer.concat(built)
      // At least one byte of the next frame has to come before a boundary can be told from the one before.
      const from = Math.min(bytes.length - 1, Math.floor(share * bytes.length))
      let end = 0
      for (const one of built) {
        end += one.length
        if (end > from) break
      }
      const tracker = new FrameTracker(masked)
      tracker.follow(bytes.subarray(0, from))
      let found = from
      for (const piece of cut(bytes.subarray(from), at)) {
        const upTo = tracker.followToBoundary(piece)
        if (upTo !== -1) return found + upTo === end
        found += piece.length
      }
      return false
    }),
    { numRuns: 300 }
  )
  t.end()
})

t.test('a Close counts when it is whole, byte by byte and with any payload', (t) => {
  for (const masked of [false, true]) {
    for (const payload of ['', '\x03\xe8', '\x03\xe9 going']) {
      const tracker = new FrameTracker(masked)
      const bytes = frame(CLOSE, Buffer.from(payload, 'latin1'), { mask: masked ? MASK : null })
      for (const byte of bytes.subarray(0, -1)) {
        tracker.follow(Buffer.from([byte]))
        t.notOk(tracker.hasClosed)
      }
      tracker.follow(bytes.subarray(-1))
      t.ok(tracker.hasClosed)
    }
  }
  t.end()
})

const LOST: readonly [string, Buffer, FrameOptions?][] = [
  ['a reserved opcode of data', frame(0x3)],
  ['a reserved opcode of control', frame(0xb)],
  ['a mask where there must be none', frame(TEXT, 'a', { mask: MASK })],
  ['a fragmented Ping', frame(PING, 'a', { fin: false })],
  ['a Ping of 126 bytes', frame(PING, Buffer.alloc(126))],
  ['125 in two bytes', Buffer.from([0x82, 126, 0, 125])],
  ['65,535 in eight bytes', Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff])],
  ['a length with its highest bit set', Buffer.from([0x82, 127, 0x80, 0, 0, 0, 0, 1, 0, 0])],
  ['lines of text', Buffer.from('hello\r\n')]
]

t.test('what is no frame is given up', (t) => {
  for (const [name, bytes] of LOST) {
    const tracker = new FrameTracker(false)
    t.equal(tracker.followToBoundary(bytes), -1, name)
    t.ok(tracker.isLost, name)
    tracker.follow(frame(TEXT, 'later'))
    t.notOk(tracker.isAtBoundary, `${name}, and for good`)
  }
  const unmasked = new FrameTracker(true)
  unmasked.follow(frame(TEXT, 'a'))
  t.ok(unmasked.isLost, 'no mask where there must be one')
  t.end()
})

t.test('a Close of the gateway is what the RFC has', (t) => {
  t.same(closeFrame(1001, 'bye', null), frame(CLOSE, Buffer.from('\x03\xe9bye', 'latin1')))
  t.same(closeFrame(1001, 'bye', MASK), frame(CLOSE, Buffer.from('\x03\xe9bye', 'latin1'), { mask: MASK }))
  t.end()
})
