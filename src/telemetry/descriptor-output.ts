import fs from 'node:fs'
import type { Clock } from '../plugin-api/index.ts'
import type { ByteSink } from './line-batch.ts'

/** What is given to the system at once at most. A pipe takes 64 KiB of it, a file all. */
const LARGE_WRITE = 256 * 1024
const RETRY_MS = 1
const MAX_RETRY_MS = 50
/** At the end of the process, for a reader that takes nothing any more: 2 s. */
const MOST_TRIES = 40
const LINE_END = 10

export interface DescriptorOutputOptions {
  readonly clock: Pick<Clock, 'after'>
  /** Bytes that wait at most; what comes then is dropped and counted. */
  readonly mostBytes: number
  /** Those of `node:fs` unless a test has its own. */
  readonly system?: Pick<typeof fs, 'writev' | 'writeSync'>
}

/**
 * Bytes for an open file or pipe, in order, written by another thread. One write is under way at a time, and the next one takes along all that has come
 * meanwhile: it is known to have ended when the event loop gets to it, which under load is a few hundred times a second, so pieces of a small size would
 * fall behind without end. What a full pipe does not take (EAGAIN: Node makes standard output non-blocking) is tried again after 1 ms, then 2, up to 50.
 * What cannot be written for another reason, such as a full disk, is dropped; what comes later is tried anew.
 */
export class DescriptorOutput implements ByteSink {
  readonly #descriptor: number
  readonly #options: DescriptorOutputOptions
  readonly #system: Pick<typeof fs, 'writev' | 'writeSync'>
  #waiting: Buffer[] = []
  /** What the current write is of: with another thread, or to be tried again. */
  #writing: Buffer[] = []
  #isAway = false
  #bytes = 0
  #isIdle = true
  #retryMs = RETRY_MS
  #dropped = 0
  readonly #onDrain: (() => void)[] = []
  readonly #onError: (() => void)[] = []

  constructor(descriptor: number, options: DescriptorOutputOptions) {
    this.#descriptor = descriptor
    this.#options = options
    this.#system = options.system ?? fs
  }

  /** Lines that there was no room for, or that could not be written. */
  get droppedLines(): number {
    return this.#dropped
  }

  on(event: 'drain' | 'error', listener: () => void): void {
    const listeners = event === 'drain' ? this.#onDrain : this.#onError
    listeners.push(listener)
  }

  write(bytes: Buffer): void {
    if (this.#bytes + bytes.length > this.#options.mostBytes) {
      this.#dropped += countLines(bytes)
      return
    }
    this.#bytes += bytes.length
    this.#waiting.push(bytes)
    if (this.#isIdle) this.#next()
  }

  /** All but what another thread is writing at this moment; for the end of the process, which waits for that. */
  flushSync(): void {
    const left = this.#isAway ? this.#waiting : [...this.#writing, ...this.#waiting]
    this.#waiting = []
    if (!this.#isAway) this.#writing = []
    let canWrite = true
    for (const bytes of left) {
      const rest: Buffer = canWrite ? this.#writeNow(bytes) : bytes
      // Whoever takes nothing for so long takes nothing of the others either.
      canWrite = rest.length === 0
      this.#bytes -= bytes.length
      this.#dropped += countLines(rest)
    }
  }

  /** @returns what could not be written */
  #writeNow(bytes: Buffer): Buffer {
    let rest = bytes
    let tries = 0
    while (rest.length > 0 && tries < MOST_TRIES) {
      const written = this.#tryNow(rest)
      if (written === null) return rest
      tries = written > 0 ? 0 : tries + 1
      rest = rest.subarray(written)
    }
    return rest
  }

  /** 0, after a while, when there is no room; null when there never will be. */
  #tryNow(bytes: Buffer): number | null {
    try {
      return this.#system.writeSync(this.#descriptor, bytes)
    } catch (error) {
      if (!isFull(error)) return null
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, MAX_RETRY_MS)
      return 0
    }
  }

  readonly #next = (): void => {
    this.#isIdle = false
    if (this.#writing.length === 0) this.#writing = this.#take()
    // It was flushed while it waited to be tried again.
    if (this.#writing.length === 0) return this.#rest()
    this.#isAway = true
    this.#system.writev(this.#descriptor, this.#writing, this.#onWritten)
  }

  #take(): Buffer[] {
    let [count, bytes] = [0, 0]
    for (const { length } of this.#waiting) {
      if (count > 0 && bytes + length > LARGE_WRITE) break
      count++
      bytes += length
    }
    return this.#waiting.splice(0, count)
  }

  readonly #onWritten = (error: NodeJS.ErrnoException | null, written: number): void => {
    this.#isAway = false
    if (error !== null) return isFull(error) ? this.#retry() : this.#giveUp()
    this.#retryMs = RETRY_MS
    this.#bytes -= written
    this.#writing = behind(this.#writing, written)
    if (this.#writing.length > 0 || this.#waiting.length > 0) this.#next()
    else this.#rest()
  }

  #retry(): void {
    this.#options.clock.after(this.#retryMs, this.#next)
    this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS)
  }

  #giveUp(): void {
    for (const bytes of [...this.#writing, ...this.#waiting]) this.#dropped += countLines(bytes)
    this.#writing = []
    this.#waiting = []
    this.#bytes = 0
    this.#isIdle = true
    for (const run of this.#onError) run()
  }

  #rest(): void {
    this.#isIdle = true
    for (const run of this.#onDrain) run()
  }
}

function isFull(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN'
}

/** What is left after so many bytes. */
function behind(pieces: Buffer[], written: number): Buffer[] {
  let left = written
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] as Buffer
    if (left < piece.length) return [piece.subarray(left), ...pieces.slice(i + 1)]
    left -= piece.length
    free(piece)
  }
  return []
}

/** At once: until the next collection it would count as memory that is in use, and megabytes of that in a second begin a full collection every second. */
function free({ buffer }: Buffer): void {
  ;(buffer as ArrayBuffer).transfer(0)
}

function countLines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(LINE_END); at !== -1; at = bytes.indexOf(LINE_END, at + 1)) count++
  return count
}
