import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { DescriptorOutput } from '../../src/telemetry/descriptor-output.ts'

type Done = (error: NodeJS.ErrnoException | null, written: number) => void

/** Takes writes, and ends them when it is told to. */
class System {
  readonly calls: { readonly text: string; readonly done: Done }[] = []
  readonly atOnce: string[] = []
  /** What a write that blocks throws, one after the other. */
  readonly refusals: string[] = []

  writev(_descriptor: number, pieces: readonly Buffer[], done: Done): void {
    this.calls.push({ text: Buffer.concat(pieces).toString(), done })
  }

  writeSync(_descriptor: number, bytes: Buffer): number {
    const code = this.refusals.shift()
    if (code !== undefined) throw failure(code)
    this.atOnce.push(bytes.toString())
    return bytes.length
  }
}

/** Not of Node's pool. */
function own(text: string): Buffer {
  return Buffer.from(new TextEncoder().encode(text).buffer)
}

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code })
}

function begin(mostBytes = 1_000_000) {
  const system = new System()
  const clock = new FakeClock()
  const output = new DescriptorOutput(1, { clock, mostBytes, system: system as never })
  const events: string[] = []
  output.on('drain', () => events.push('drain'))
  output.on('error', () => events.push('error'))
  const write = (text: string): void => output.write(own(text))
  const texts = (): readonly string[] => system.calls.map(({ text }) => text)
  return { system, clock, output, events, write, texts, last: () => system.calls.at(-1) as (typeof system.calls)[number] }
}

t.test('what comes while a write is under way goes with the next one', (t) => {
  const { write, texts, last, events } = begin()
  for (const text of ['a\n', 'b\n', 'c\n']) write(text)
  t.same(texts(), ['a\n'])
  last().done(null, 2)
  t.same(texts(), ['a\n', 'b\nc\n'])
  t.same(events, [])
  last().done(null, 4)
  t.same(events, ['drain'])
  write('d\n')
  t.same(texts(), ['a\n', 'b\nc\n', 'd\n'])
  t.end()
})

t.test('one write is of at most 256 KiB, unless one piece is larger', (t) => {
  const { write, texts, last } = begin(10_000_000)
  write('first\n')
  for (let i = 0; i < 20; i++) write('x'.repeat(16 * 1024))
  write('y'.repeat(300 * 1024))
  last().done(null, 6)
  t.equal(last().text.length, 256 * 1024)
  last().done(null, 256 * 1024)
  t.equal(last().text, 'x'.repeat(4 * 16 * 1024))
  last().done(null, 4 * 16 * 1024)
  t.equal(last().text, 'y'.repeat(300 * 1024))
  t.equal(texts().length, 4)
  t.end()
})

t.test('what a pipe did not take of a write is written next, before what came later', (t) => {
  const { write, texts, last } = begin()
  write('start\n')
  for (const text of ['abc\n', 'def\n']) write(text)
  last().done(null, 6)
  write('ghi\n')
  last().done(null, 5)
  t.same(texts(), ['start\n', 'abc\ndef\n', 'ef\n'])
  last().done(null, 3)
  t.equal(last().text, 'ghi\n')
  t.end()
})

t.test('a full pipe is tried again after 1 ms, then 2, up to 50, and nothing is lost', (t) => {
  const { write, texts, last, clock, events, output } = begin()
  write('a\n')
  write('b\n')
  for (const ms of [1, 2, 4, 8, 16, 32, 50, 50]) {
    const { length } = texts()
    last().done(failure('EAGAIN'), 0)
    clock.advance(ms - 1)
    t.equal(texts().length, length, `not before ${ms} ms`)
    clock.advance(1)
    t.equal(texts().length, length + 1)
    t.equal(last().text, 'a\n')
  }
  last().done(null, 2)
  t.equal(last().text, 'b\n')
  last().done(failure('EAGAIN'), 0)
  clock.advance(1)
  t.same(texts().slice(-2), ['b\n', 'b\n'], 'it begins with 1 ms again')
  last().done(null, 2)
  t.same(events, ['drain'])
  t.equal(output.droppedLines, 0)
  t.end()
})

t.test('lines for which there is no room are dropped whole, and counted', (t) => {
  const { write, last, texts, output } = begin(10)
  write('12345\n')
  write('a\nb\nc\n')
  t.equal(output.droppedLines, 3)
  write('789\n')
  t.equal(output.droppedLines, 3, 'ten bytes fit')
  last().done(null, 6)
  write('12345\n')
  last().done(null, 4)
  t.same(texts(), ['12345\n', '789\n', '12345\n'])
  t.end()
})

t.test('what a full disk does not take is dropped and counted, and what comes later is tried', (t) => {
  const { write, last, texts, events, output } = begin()
  write('a\n')
  write('b\nc\n')
  last().done(failure('ENOSPC'), 0)
  t.same(events, ['error'])
  t.equal(output.droppedLines, 3)
  write('d\n')
  t.same(texts(), ['a\n', 'd\n'])
  last().done(null, 2)
  t.same(events, ['error', 'drain'])
  t.end()
})

t.test('the memory of what is written is given back at once', (t) => {
  const { output, last } = begin()
  const pieces = ['abc\n', 'def\n', 'ghi\n'].map(own)
  for (const piece of pieces) output.write(piece)
  last().done(null, 4)
  t.same(
    pieces.map(({ buffer }) => buffer.byteLength),
    [0, 4, 4]
  )
  last().done(null, 6)
  t.same(
    pieces.map(({ buffer }) => buffer.byteLength),
    [0, 0, 4]
  )
  last().done(null, 2)
  t.same(
    pieces.map(({ buffer }) => buffer.byteLength),
    [0, 0, 0]
  )
  t.end()
})

t.test('a flush at the end writes all but what another thread is writing', (t) => {
  const { system, write, output } = begin()
  for (const text of ['a\n', 'b\n', 'c\n']) write(text)
  output.flushSync()
  t.same(system.atOnce, ['b\n', 'c\n'])
  t.end()
})

t.test('a flush writes what waits to be tried again, once', (t) => {
  const { system, write, output, last, texts, clock, events } = begin()
  write('a\n')
  write('b\n')
  last().done(failure('EAGAIN'), 0)
  system.refusals.push('EAGAIN', 'EAGAIN')
  output.flushSync()
  t.same(system.atOnce, ['a\n', 'b\n'])
  clock.advance(1)
  t.same(texts(), ['a\n'])
  t.same(events, ['drain'])
  write('c\n')
  t.same(texts(), ['a\n', 'c\n'])
  t.end()
})

for (const [who, refusals] of [
  ['has gone', ['EPIPE']],
  ['takes nothing for 2 s', Array.from({ length: 40 }, () => 'EAGAIN')]
] as const) {
  t.test(`a flush gives up all that is left when the reader ${who}`, (t) => {
    const { system, write, output } = begin()
    for (const text of ['under way\n', 'a\n', 'b\n', 'c\n']) write(text)
    system.refusals.push(...refusals)
    output.flushSync()
    t.same(system.atOnce, [])
    t.same(system.refusals, [])
    t.equal(output.droppedLines, 3)
    t.end()
  })
}
