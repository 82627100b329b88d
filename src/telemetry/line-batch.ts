import pino, { type DestinationStream } from 'pino'
import type { Clock } from '../plugin-api/index.ts'

/** Where bytes go. */
export interface ByteSink {
  /** Their memory is the sink's from then on, to be freed or given away: it is of nothing else. */
  write(bytes: Buffer): unknown
  /** Writes what waits for another write to end. */
  flushSync(): void
  /** Of those that were given to it. */
  readonly droppedLines?: number
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

/** Less than this part of a batch is copied, so that a few lines do not cost the memory of hundreds. */
const SMALL_SHARE = 4

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

  get droppedLines(): number {
    return this.#sink.droppedLines ?? 0
  }

  write(line: string): void {
    const isUrgent = this.lastLevel >= URGENT
    // Lines that are not pino's own come without a level.
    this.lastLevel = 0
    this.#add(line)
    if (isUrgent) this.#pass()
    else if (this.#used > 0) this.#cancel ??= this.#options.clock.after(this.#options.delayMs, this.#onTime)
  }

  /** Whole lines that another thread has gathered, behind those that wait here. */
  give(bytes: Buffer): void {
    this.#pass()
    this.#give(bytes)
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
        this.#give(ownBytes(line))
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
    const isSmall = this.#used < this.#options.bytes / SMALL_SHARE
    this.#used = 0
    if (isSmall) return this.#give(copyOf(bytes))
    this.#batch = null
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

function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}

/** Not of Node's pool, of which nothing can be given to another thread. */
function ownBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}

function streamOf(log: object): unknown {
  return (log as { readonly [pino.symbols.streamSym]?: unknown })[pino.symbols.streamSym]
}

/** Writes what waits in a log of ours, before the process ends. */
export function flushLog(log: object): void {
  const stream = streamOf(log)
  if (stream instanceof LineBatch) stream.flushSync()
}

/** Lines that another thread has gathered, to where this log's own go. */
export function giveLines(log: object, bytes: Buffer): void {
  const stream = streamOf(log)
  if (stream instanceof LineBatch) stream.give(bytes)
  else (stream as DestinationStream).write(bytes.toString())
}

/** How many lines a log of ours has dropped; 0 for one that goes elsewhere. */
export function droppedLines(log: object): number {
  const stream = streamOf(log)
  return stream instanceof LineBatch ? stream.droppedLines : 0
}
