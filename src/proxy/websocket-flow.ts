import type { Duplex } from 'node:stream'
import { FrameTracker } from './websocket-frames.ts'

/** Told what passes in one direction. */
export interface FlowOwner {
  /** Bytes came. */
  onBytes(): void
  /** A Close of the source passed, or would have; called once. */
  onClosed(flow: Flow): void
  /** Our own Close was written, or there was no need for one. */
  onFinished(flow: Flow): void
  /** The source has said that it is done. */
  onEnd(flow: Flow): void
}

/**
 * One direction of a tunnel: bytes pass untouched and wait where the target does not take them. When it is asked to, it puts a Close of
 * the gateway's own between two frames; what the source sends after that is only looked through for its answer.
 */
export class Flow {
  readonly source: Duplex
  readonly target: Duplex
  readonly frames: FrameTracker
  readonly #owner: FlowOwner
  #bytes = 0
  /** Of the gateway's own, waiting for the end of a frame. */
  #close: Buffer | null = null
  #finished = false
  #closeTold = false

  constructor(source: Duplex, target: Duplex, fromClient: boolean, owner: FlowOwner) {
    this.source = source
    this.target = target
    this.frames = new FrameTracker(fromClient)
    this.#owner = owner
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Nothing of the source reaches the target any more. */
  get finished(): boolean {
    return this.#finished
  }

  /** @param early What came before and belongs to the source's first bytes. */
  start(early: readonly Buffer[]): void {
    this.target.on('drain', this.#onDrain)
    this.source.on('data', this.#onData).on('end', this.#onEnd)
    for (const piece of early) this.#onData(piece)
    if (!this.target.writableNeedDrain) this.source.resume()
  }

  /** Ends the direction with this Close as soon as a frame is whole; without it when one has already passed. */
  finish(close: Buffer): void {
    this.#close = close
    if (this.frames.isAtBoundary || this.frames.hasClosed) this.#finish()
  }

  #finish(): void {
    if (this.#finished) return
    this.#finished = true
    if (!this.frames.hasClosed && !this.target.writableEnded && this.#close !== null) this.target.write(this.#close)
    // Whatever the target takes: the source's own Close has to be heard.
    this.source.resume()
    this.#owner.onFinished(this)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length
    this.#owner.onBytes()
    if (this.#finished) this.frames.follow(chunk)
    else if (this.#close !== null) this.#passUpToBoundary(chunk)
    else {
      this.frames.follow(chunk)
      this.#pass(chunk)
    }
    if (this.frames.hasClosed && !this.#closeTold) {
      this.#closeTold = true
      this.#owner.onClosed(this)
    }
  }

  #passUpToBoundary(chunk: Buffer): void {
    const end = this.frames.followToBoundary(chunk)
    this.#pass(end === -1 ? chunk : chunk.subarray(0, end))
    if (end === -1) return
    this.#finish()
    this.frames.follow(chunk.subarray(end))
  }

  #pass(chunk: Buffer): void {
    if (!this.target.writableEnded && !this.target.write(chunk)) this.source.pause()
  }

  readonly #onDrain = (): void => {
    this.source.resume()
  }

  readonly #onEnd = (): void => {
    this.#owner.onEnd(this)
  }
}
