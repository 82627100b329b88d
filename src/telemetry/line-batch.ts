import pino, { type DestinationStream } from 'pino'
import type { Clock } from '../plugin-api/index.ts'

/** Where bytes go, such as pino's destination with `contentMode: 'buffer'`. */
export interface ByteSink {
  write(bytes: Buffer): unknown
  /** Writes what waits for another write to end. */
  flushSync(): void
  /** `drain`: everything is written. */
  on(event: 'drain' | 'error', listener: () => void): unknown
}

export interface LineBatchOptions {
  /** Bytes that are written together at most; a longer line goes by itself. */
  readonly bytes: number
  /** How long a line waits for others. */
  readonly delayMs: number
  readonly clock: Pick<Clock, 'after'>
}

const METADATA: unique symbol = Symbol.for('pino.metadata')

/** pino's level from which on nobody waits for a line. */
const URGENT = 40

/**
 * Gathers lines and gives them on together: one write for dozens of requests, where each by itself is a task for another thread. Lines keep their
 * order. A warning or an error takes what waits before it along at once; Envoy and nginx buffer access logs likewise, for seconds.
 */
export class LineBatch implements DestinationStream {
  /** pino tells each line's level. */
  readonly [METADATA] = true
  lastLevel = 0
  readonly #sink: ByteSink
  readonly #options: LineBatchOptions
  #batch: Buffer | null = null
  #used = 0
  #cancel: (() => void) | null = null
  #isWritten = true
  #waiting: (() => void)[] = []

  constructor(sink: ByteSink, options: LineBatchOptions) {
    this.#sink = sink
    this.#options = options
    sink.on('drain', this.#onWritten)
    // Nobody may wait for a reader that has gone.
    sink.on('error', this.#onWritten)
  }

  write(line: string): void {
    const isUrgent = this.lastLevel >= URGENT
    // Lines that are not pino's own come without a level.
    this.lastLevel = 0
    this.#add(line)
    if (isUrgent) this.#pass()
    else if (this.#used > 0) this.#cancel ??= this.#options.clock.after(this.#options.delayMs, this.#onTime)
  }

  /** For the end of the process, which waits for writes that have begun. */
  flushSync(): void {
    this.#pass()
    this.#sink.flushSync()
  }

  /** As pino's `flush` calls it: `done` when everything is written. */
  flush(done?: () => void): void {
    this.#pass()
    if (done === undefined) return
    if (this.#isWritten) done()
    else this.#waiting.push(done)
  }

  #add(line: string): void {
    const { bytes } = this.#options
    // The longest that UTF-8 makes of it; exact only where that does not fit.
    if (this.#used + line.length * 3 > bytes && this.#used + Buffer.byteLength(line) > bytes) {
      this.#pass()
      if (Buffer.byteLength(line) > bytes) {
        this.#give(Buffer.from(line))
        return
      }
    }
    this.#batch ??= Buffer.allocUnsafeSlow(bytes)
    this.#used += this.#batch.write(line, this.#used)
  }

  readonly #onTime = (): void => {
    this.#cancel = null
    this.#pass()
  }

  #pass(): void {
    this.#cancel?.()
    this.#cancel = null
    if (this.#batch === null || this.#used === 0) return
    const bytes = this.#batch.subarray(0, this.#used)
    this.#batch = null
    this.#used = 0
    this.#give(bytes)
  }

  #give(bytes: Buffer): void {
    this.#isWritten = false
    this.#sink.write(bytes)
  }

  readonly #onWritten = (): void => {
    this.#isWritten = true
    const waiting = this.#waiting
    this.#waiting = []
    for (const done of waiting) done()
  }
}

/** Writes what waits in a log of ours, before the process ends. */
export function flushLog(log: object): void {
  const stream = (log as { readonly [pino.symbols.streamSym]?: unknown })[pino.symbols.streamSym]
  if (stream instanceof LineBatch) stream.flushSync()
}
