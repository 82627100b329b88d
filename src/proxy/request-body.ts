import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { BodyPieces } from './body-pieces.ts'
import { type ByteRate, timeLeft } from './byte-rate.ts'
import type { Exchange } from './exchange.ts'
import { SWEEP_MS, type Swept } from './sweep.ts'

export interface BodyRules {
  /** More bytes than this end the request with 413. */
  readonly maxBytes: number
  /** Silence of the client for longer than this ends the request with 408. */
  readonly idleMs: number
  /** A client that sends more slowly than this ends the request with 408; null for no such rule. */
  readonly minRate: ByteRate | null
  /** Up to this many bytes are kept so that they can be sent again; 0 keeps nothing. */
  readonly keepBytes: number
}

export type BodyFault = 'too-large' | 'idle' | 'too-slow'

/** Who asked for the body; changes hands with the request. */
export interface BodyOwner {
  onBodyFault(fault: BodyFault): void
  /** What was to be gathered is there. */
  onGathered(): void
}

/**
 * The body of a client's request, from which each attempt gets a stream of its own. It stands between the client's message and a connection,
 * which destroys what it is given: the client's connection must survive an upstream that answers early or dies.
 */
export class BodySource implements Swept {
  readonly #exchange: Exchange
  readonly #source: IncomingMessage
  readonly #rules: BodyRules
  /** What was received so far, as long as it may be sent again. */
  readonly #pieces = new BodyPieces()
  owner: BodyOwner | null = null
  #reader: RequestBody | null = null
  /** Bytes to be gathered before anybody reads; 0 when that is over. */
  #gathering = 0
  /** Bytes after which the body is known to be whole. */
  #announced = Infinity
  #started = false
  #ended = false
  #received = 0
  #swept = 0
  /** Time that the client has left, ms; see `ByteRate`. */
  #leftMs: number
  /** Since the last sweep there was a moment in which we did not read, or nobody had asked for the body yet. */
  #wasHeld = true

  constructor(exchange: Exchange, rules: BodyRules) {
    this.#exchange = exchange
    this.#source = exchange.raw
    this.#rules = rules
    this.#leftMs = rules.minRate?.graceMs ?? 0
  }

  /** Whether another attempt can send the body from its beginning. */
  get isReplayable(): boolean {
    return this.#pieces.isWhole
  }

  get isGathering(): boolean {
    return this.#gathering > 0
  }

  /**
   * Reads ahead until the body is whole or so many bytes of it are there, and tells the owner. What has come together with the head is
   * told of within the same turn of the event loop.
   */
  gather(bytes: number): void {
    const length = this.#source.headers['content-length']
    if (length !== undefined) this.#announced = Number(length)
    this.#gathering = bytes
    this.#resume()
  }

  /** A stream of the whole body for one attempt; an earlier one gets nothing more. Only while `isReplayable`. */
  open(): RequestBody {
    // The earlier stream may not have noticed its end yet; nothing may come before what was kept.
    if (this.#started && !this.#ended) this.#hold()
    this.#reader = new RequestBody(this)
    return this.#reader
  }

  /** No attempt will read it any more: what is still on the way is read and thrown away, so that the answer can be delivered on a sane connection. */
  release(): void {
    this.owner = null
    this.#reader = null
    this.#gathering = 0
    this.#pieces.drop()
    if (!this.#started) return
    this.#exchange.services.sweep.remove(this)
    this.#source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose).off('timeout', this.#onTimeout)
    if (!this.#source.complete) this.#source.setTimeout(0)
    this.#source.resume()
  }

  /** @param count Pieces that the reader has had. Gives it the next one, or more when they come. */
  feed(reader: RequestBody, count: number): void {
    if (reader !== this.#reader) return
    const piece = this.#pieces.at(count)
    if (piece !== undefined) {
      // More was gathered than may be kept.
      if (count + 1 === this.#pieces.length && this.#received > this.#rules.keepBytes) this.#pieces.drop()
      reader.receive(piece)
    } else if (this.#ended) reader.finish()
    else this.#resume()
  }

  /** The reader takes no more for now, or was destroyed. */
  pause(reader: RequestBody): void {
    if (reader === this.#reader && this.#started && !this.#ended) this.#hold()
  }

  /** Takes the client's time. What passes while we do not read, because the upstream does not, is not its fault. */
  sweep(): void {
    const { minRate } = this.#rules
    if (minRate === null) return
    const waits = this.#isWaiting
    const bytes = this.#received - this.#swept
    this.#swept = this.#received
    this.#leftMs = timeLeft(minRate, this.#leftMs, bytes, waits && !this.#wasHeld ? SWEEP_MS : 0)
    this.#wasHeld = !waits
    if (this.#leftMs <= 0) this.owner?.onBodyFault('too-slow')
  }

  /** It is the client whom we wait for. */
  get #isWaiting(): boolean {
    return !this.#source.complete && (this.#gathering > 0 || this.#reader?.isWaiting === true)
  }

  #resume(): void {
    if (this.#started) {
      this.#source.resume()
      return
    }
    this.#started = true
    this.#exchange.continueIfExpected()
    if (this.#rules.minRate !== null && !this.#source.complete) this.#exchange.services.sweep.add(this)
    this.#source.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).setTimeout(this.#rules.idleMs, this.#onTimeout)
  }

  #hold(): void {
    this.#wasHeld = true
    this.#source.pause()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received += chunk.length
    this.#exchange.decision.requestBytes += chunk.length
    if (this.#received > this.#rules.maxBytes) {
      this.owner?.onBodyFault('too-large')
      return
    }
    if (this.#gathering > 0) {
      this.#gather(chunk)
      return
    }
    if (this.#received > this.#rules.keepBytes) this.#pieces.drop()
    else this.#pieces.keep(chunk)
    if (this.#reader?.receive(chunk) !== true) this.#hold()
  }

  #gather(chunk: Buffer): void {
    this.#pieces.gather(chunk)
    const isWhole = this.#received >= this.#announced || (this.#source.complete && this.#source.readableLength === 0)
    if (!isWhole && this.#received < this.#gathering) return
    // Its end follows by itself; of a longer one nothing may come before it is asked for.
    if (!isWhole) this.#hold()
    this.#gathered()
  }

  #gathered(): void {
    this.#gathering = 0
    this.owner?.onGathered()
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    this.#source.setTimeout(0)
    this.#exchange.services.sweep.remove(this)
    if (this.#gathering > 0) this.#gathered()
    // A later stream that still replays what was kept comes to its end by itself.
    else if (!this.#pieces.isWhole || this.#reader?.taken === this.#pieces.length) this.#reader?.finish()
  }

  readonly #onClose = (): void => {
    this.#exchange.services.sweep.remove(this)
    if (!this.#source.complete) this.#reader?.destroy(new Error('the client went away'))
  }

  /** Fires on any silence of the socket; it is the client's fault only while we are waiting for its bytes. */
  readonly #onTimeout = (): void => {
    if (this.#isWaiting) this.owner?.onBodyFault('idle')
  }
}

/** The body as one attempt sends it. */
export class RequestBody extends Readable {
  readonly #source: BodySource
  #taken = 0
  #waiting = false

  constructor(source: BodySource) {
    super({ highWaterMark: 64 * 1024 })
    this.#source = source
  }

  /** Pieces it was given so far. */
  get taken(): number {
    return this.#taken
  }

  get isWaiting(): boolean {
    return this.#waiting
  }

  /** Whether more is wanted. */
  receive(chunk: Buffer): boolean {
    if (this.destroyed) return false
    this.#taken++
    this.#waiting = this.push(chunk)
    return this.#waiting
  }

  finish(): void {
    this.#waiting = false
    if (!this.destroyed) this.push(null)
  }

  override _read(): void {
    this.#waiting = true
    this.#source.feed(this, this.#taken)
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#waiting = false
    this.#source.pause(this)
    callback(error)
  }
}
