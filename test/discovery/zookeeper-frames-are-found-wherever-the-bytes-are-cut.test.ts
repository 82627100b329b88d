import t from 'tap'
import { FrameReader, MAX_FRAME_BYTES } from '../../src/discovery/zookeeper/frames.ts'
import { JuteReader, JuteWriter } from '../../src/discovery/zookeeper/jute.ts'
import { dice } from '../support/random.ts'

t.test('frames are found wherever the bytes are cut', async (t) => {
  const { seed, int } = dice()
  t.comment(`seed ${seed}`)
  for (let round = 0; round < 200; round++) {
    const values = Array.from({ length: int(0, 6) }, () => int(-(2 ** 31), 2 ** 31 - 1))
    const bytes = Buffer.concat([
      new JuteWriter().frame(),
      ...values.map((value) =>
        new JuteWriter()
          .int(value)
          .text('é'.repeat(int(0, 40)))
          .frame()
      )
    ])
    const reader = new FrameReader()
    const found: number[] = []
    for (let at = 0; at < bytes.length;) {
      const size = int(1, 12)
      for (const frame of reader.push(bytes.subarray(at, at + size))) if (frame.length > 0) found.push(new JuteReader(frame).int())
      at += size
    }
    t.strictSame(found, values)
  }
})

t.test('what is too long for a frame is not waited for', async (t) => {
  const length = Buffer.alloc(4)
  length.writeInt32BE(MAX_FRAME_BYTES + 1)
  t.throws(() => new FrameReader().push(length), /a frame of 8388609 bytes is not read/)
  t.throws(() => new FrameReader().push(Buffer.from('HTTP/1.1 400 Bad Request')), /is not read/)
  length.writeInt32BE(MAX_FRAME_BYTES)
  t.strictSame(new FrameReader().push(length), [])
})

t.test('a field that is longer than its frame is an error', async (t) => {
  const bytes = new JuteWriter().text('orders').frame().subarray(4)
  t.equal(new JuteReader(bytes).text(), 'orders')
  t.throws(() => new JuteReader(bytes.subarray(0, 8)).text(), RangeError)
  t.throws(() => new JuteReader(bytes.subarray(0, 2)).int(), RangeError)
})
