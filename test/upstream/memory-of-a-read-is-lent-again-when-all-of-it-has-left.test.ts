import t from 'tap'
import { ReadMemory } from '../../src/upstream/read-memory.ts'

const KIB = 1024
const MIB = 1024 * KIB

const bytesOf = (length: number, byte = 1): Buffer => Buffer.alloc(length, byte)

t.test('memory of a read is lent again when all of it has left, and not before', (t) => {
  const memory = new ReadMemory()
  const first = memory.read(bytesOf(100 * KIB, 7), 100 * KIB)
  t.equal(first.length, 100 * KIB)
  t.ok(first.equals(bytesOf(100 * KIB, 7)), 'a copy')
  t.equal(memory.lentBytes, 256 * KIB)

  memory.giveBack(first.subarray(0, 50 * KIB))
  t.equal(memory.lentBytes, 256 * KIB, 'a piece that is not the last one')
  memory.giveBack(first.subarray(50 * KIB))
  t.equal(memory.lentBytes, 0, 'the last piece')
  memory.giveBack(first)
  t.equal(memory.lentBytes, 0, 'once')

  const second = memory.read(bytesOf(90 * KIB, 8), 90 * KIB)
  t.equal(second.buffer, first.buffer, 'the same memory')
  const third = memory.read(bytesOf(90 * KIB, 9), 90 * KIB)
  t.not(third.buffer, second.buffer, 'what is lent is lent to nobody else')
  t.ok(second.equals(bytesOf(90 * KIB, 8)))
  memory.giveBack(Buffer.alloc(90 * KIB))
  t.equal(memory.lentBytes, 512 * KIB, 'memory of somebody else')
  t.end()
})

t.test('a short read has memory of its own', (t) => {
  const memory = new ReadMemory()
  const bytes = bytesOf(64 * KIB, 3)
  const copy = memory.read(bytes, 300)
  bytes.fill(0)
  t.ok(copy.equals(bytesOf(300, 3)))
  memory.read(bytes, 4 * KIB)
  t.equal(memory.lentBytes, 0)
  t.end()
})

t.test('who reads as much as there is room for reads more at once, while little is lent', (t) => {
  const memory = new ReadMemory()
  const { buffer } = memory.onread
  t.equal(buffer().length, 16 * KIB, 'a new socket')
  const lent: Buffer[] = []
  /** The next view of a socket that has read so much of its view, or all. */
  const after = (length: number, view = length): number => {
    lent.push(memory.read(bytesOf(view), length))
    return buffer().length
  }
  t.equal(after(16 * KIB), 64 * KIB)
  t.equal(buffer().length, 16 * KIB, 'another one')
  t.equal(after(64 * KIB), 256 * KIB)
  t.equal(after(256 * KIB), 256 * KIB)
  t.equal(after(300, 16 * KIB), 16 * KIB)
  t.equal(after(20 * KIB, 64 * KIB), 64 * KIB)
  t.equal(after(100 * KIB, 256 * KIB), 256 * KIB)
  while (memory.lentBytes < 12 * MIB) t.equal(after(256 * KIB), memory.lentBytes < 12 * MIB ? 256 * KIB : 64 * KIB)
  while (memory.lentBytes < 24 * MIB) after(64 * KIB)
  t.equal(after(64 * KIB), 16 * KIB, 'when much is lent')
  for (const one of lent) memory.giveBack(one)
  t.equal(memory.lentBytes, 0)
  t.equal(after(64 * KIB), 256 * KIB, 'when it has come back')
  t.end()
})

t.test('of each size no more is kept than is of use', (t) => {
  const memory = new ReadMemory()
  const lent = Array.from({ length: 400 }, () => memory.read(bytesOf(64 * KIB), 64 * KIB))
  for (const one of lent) memory.giveBack(one)
  const known = new Set(lent.map(({ buffer }) => buffer))
  const again = lent.map(() => memory.read(bytesOf(64 * KIB), 64 * KIB).buffer)
  t.equal(again.filter((buffer) => known.has(buffer)).length, 192, '12 MiB')
  t.end()
})
