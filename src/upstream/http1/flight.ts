import type { AttemptControl, AttemptSink } from '../../proxy/ports.ts'

/** What a request on its way may do with its connection. */
export interface Carrier {
  /** Whether it is this request that the connection carries now. */
  carries(flight: Flight): boolean
  pause(): void
  resume(): void
  release(chunk: Buffer): void
  abort(flight: Flight): void
}

/** One request on a connection; it has no say any more once another one has followed. */
export class Flight implements AttemptControl {
  readonly sink: AttemptSink
  readonly #connection: Carrier

  constructor(connection: Carrier, sink: AttemptSink) {
    this.#connection = connection
    this.sink = sink
  }

  pause(): void {
    if (this.#connection.carries(this)) this.#connection.pause()
  }

  resume(): void {
    if (this.#connection.carries(this)) this.#connection.resume()
  }

  release(chunk: Buffer): void {
    this.#connection.release(chunk)
  }

  abort(): void {
    this.#connection.abort(this)
  }
}
