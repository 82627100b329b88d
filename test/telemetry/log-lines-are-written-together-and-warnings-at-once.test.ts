import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { type ByteSink, LineBatch } from '../../src/telemetry/line-batch.ts'

class Sink implements ByteSink {
  readonly written: string[] = []
  #onDrain = (): void => {}
  write(bytes: Buffer): void {
    this.written.push(bytes.toString())
  }
  flushSync(): void {}
  on(event: 'drain' | 'error', listener: () => void): void {
    if (event === 'drain') this.#onDrain = listener
  }
  /** Everything is written. */
  drain(): void {
    this.#onDrain()
  }
}

function begin() {
  const sink = new Sink()
  const clock = new FakeClock()
  return { sink, clock, batch: new LineBatch(sink, { bytes: 10, delayMs: 100, clock }) }
}

t.test('lines wait for others for a time', (t) => {
  const { sink, clock, batch } = begin()
  batch.write('a\n')
  batch.write('b\n')
  clock.advance(99)
  t.same(sink.written, [])
  clock.advance(1)
  t.same(sink.written, ['a\nb\n'])
  clock.advance(1000)
  t.same(sink.written, ['a\nb\n'], 'once')
  batch.write('c\n')
  clock.advance(100)
  t.same(sink.written, ['a\nb\n', 'c\n'])
  t.end()
})

t.test('a batch has at most so many bytes, and no line is in two', (t) => {
  const { sink, clock, batch } = begin()
  for (const line of ['12345678\n', 'é\n', 'ééé\n', '123456789012345\n', 'last\n']) batch.write(line)
  clock.advance(100)
  t.same(sink.written, ['12345678\n', 'é\nééé\n', '123456789012345\n', 'last\n'])
  t.end()
})

t.test('a warning takes what waits along at once', (t) => {
  const { sink, batch } = begin()
  batch.lastLevel = 30
  batch.write('a\n')
  batch.lastLevel = 40
  batch.write('b\n')
  t.same(sink.written, ['a\nb\n'])
  // A line that is not pino's does not inherit its level.
  batch.write('c\n')
  t.same(sink.written, ['a\nb\n'])
  t.end()
})

t.test('who flushes is told when everything is written', (t) => {
  const { sink, batch } = begin()
  let flushed = 0
  batch.flush(() => flushed++)
  t.equal(flushed, 1, 'nothing was to be written')
  batch.write('a\n')
  batch.flush(() => flushed++)
  t.same(sink.written, ['a\n'])
  t.equal(flushed, 1, 'not yet')
  sink.drain()
  t.equal(flushed, 2)
  t.end()
})
