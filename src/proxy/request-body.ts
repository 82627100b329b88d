import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

export interface BodyRules {
  /** More bytes than this end the request with 413. */
  readonly maxBytes: number
  /** Silence of the client for longer than this ends the request with 408. */
  readonly idleMs: number
  /** Called before the first byte is asked for, to send 100 Continue. */
  readonly onFirstRead: () => void
  readonly onBytes: (count: number) => void
  readonly onTooLarge: () => void
  readonly onIdle: () => void
}

/**
 * The request's body on its way to an endpoint. It stands between the client's message and undici, which destroys what it is
 * given: the client's connection must survive an upstream that answers early or dies.
 */
export class RequestBody extends Readable {
  readonly #source: IncomingMessage
  readonly #rules: BodyRules
  #started = false
  #waiting = false
  #received = 0

  constructor(source: IncomingMessage, rules: BodyRules) {
    super({ highWaterMark: 64 * 1024 })
    this.#source = source
    this.#rules = rules
  }

  override _read(): void {
    this.#waiting = true
    if (this.#started) {
      this.#source.resume()
      return
    }
    this.#started = true
    this.#rules.onFirstRead()
    this.#source.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).setTimeout(this.#rules.idleMs, this.#onTimeout)
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (this.#started) {
      this.#source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose).off('timeout', this.#onTimeout)
      if (!this.#source.complete) this.#source.setTimeout(0)
      // What is still on the way is read and thrown away, so that the answer can be delivered on a sane connection.
      this.#source.resume()
    }
    callback(error)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received += chunk.length
    this.#rules.onBytes(chunk.length)
    if (this.#received > this.#rules.maxBytes) {
      this.#rules.onTooLarge()
      return
    }
    if (this.push(chunk)) return
    this.#waiting = false
    this.#source.pause()
  }

  readonly #onEnd = (): void => {
    this.#source.setTimeout(0)
    this.push(null)
  }

  readonly #onClose = (): void => {
    if (!this.#source.complete) this.destroy(new Error('the client went away'))
  }

  /** Fires on any silence of the socket; it is the client's fault only while we are waiting for its bytes. */
  readonly #onTimeout = (): void => {
    if (this.#waiting && !this.#source.complete) this.#rules.onIdle()
  }
}
