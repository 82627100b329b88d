import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

export interface BodyRules {
  /** More bytes than this end the request with 413. */
  readonly maxBytes: number
  /** Silence of the client for longer than this ends the request with 408. */
  readonly idleMs: number
  /** Up to this many bytes are kept so that they can be sent again; 0 keeps nothing. */
  readonly keepBytes: number
  /** Called before the first byte is asked for, to send 100 Continue. */
  readonly onFirstRead: () => void
  readonly onBytes: (count: number) => void
}

export type BodyFault = 'too-large' | 'idle'

/**
 * The body of a client's request, from which each attempt gets a stream of its own. It stands between the client's message and undici,
 * which destroys what it is given: the client's connection must survive an upstream that answers early or dies.
 */
export class BodySource {
  readonly #source: IncomingMessage
  readonly #rules: BodyRules
  /** What was received so far, as long as it may be sent again. */
  #kept: Buffer[] | null
  /** Who hears of a fault of the client's; changes hands with the request. */
  onFault: ((fault: BodyFault) => void) | null = null
  #reader: RequestBody | null = null
  #started = false
  #ended = false
  #received = 0

  constructor(source: IncomingMessage, rules: BodyRules) {
    this.#source = source
    this.#rules = rules
    this.#kept = rules.keepBytes > 0 ? [] : null
  }

  /** Whether another attempt can send the body from its beginning. */
  get isReplayable(): boolean {
    return this.#received === 0 || this.#kept !== null
  }

  /** A stream of the whole body for one attempt; an earlier one gets nothing more. Only while `isReplayable`. */
  open(): RequestBody {
    // The earlier stream may not have noticed its end yet; nothing may come before what was kept.
    if (this.#started && !this.#ended) this.#source.pause()
    this.#reader = new RequestBody(this)
    return this.#reader
  }

  /** No attempt will read it any more: what is still on the way is read and thrown away, so that the answer can be delivered on a sane connection. */
  release(): void {
    this.#reader = null
    this.#kept = null
    if (!this.#started) return
    this.#source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose).off('timeout', this.#onTimeout)
    if (!this.#source.complete) this.#source.setTimeout(0)
    this.#source.resume()
  }

  /** @param count Pieces that the reader has had. Gives it the next one, or more when they come. */
  feed(reader: RequestBody, count: number): void {
    if (reader !== this.#reader) return
    const kept = this.#kept?.[count]
    if (kept !== undefined) reader.receive(kept)
    else if (this.#ended) reader.finish()
    else this.#resume()
  }

  /** The reader takes no more for now, or was destroyed. */
  pause(reader: RequestBody): void {
    if (reader === this.#reader && this.#started && !this.#ended) this.#source.pause()
  }

  #resume(): void {
    if (this.#started) {
      this.#source.resume()
      return
    }
    this.#started = true
    this.#rules.onFirstRead()
    this.#source.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).setTimeout(this.#rules.idleMs, this.#onTimeout)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received += chunk.length
    this.#rules.onBytes(chunk.length)
    if (this.#received > this.#rules.maxBytes) {
      this.onFault?.('too-large')
      return
    }
    if (this.#received > this.#rules.keepBytes) this.#kept = null
    else this.#kept?.push(chunk)
    if (this.#reader?.receive(chunk) !== true) this.#source.pause()
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    this.#source.setTimeout(0)
    // A later stream that still replays what was kept comes to its end by itself.
    if (this.#kept === null || this.#reader?.taken === this.#kept.length) this.#reader?.finish()
  }

  readonly #onClose = (): void => {
    if (!this.#source.complete) this.#reader?.destroy(new Error('the client went away'))
  }

  /** Fires on any silence of the socket; it is the client's fault only while we are waiting for its bytes. */
  readonly #onTimeout = (): void => {
    if (this.#reader?.isWaiting === true && !this.#source.complete) this.onFault?.('idle')
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
