import type { Duplex } from 'node:stream'

/** Kept of a client that does not wait for its 101; the rest stays in its own buffers. */
const MAX_BYTES = 64 * 1024

/**
 * What a client sends before its upgrade is answered. It is not HTTP any more, and belongs to the upstream only after the upstream's 101:
 * whoever answers anything else must never get it (it would read it as requests). A client that leaves in the meantime is noticed.
 */
export class EarlyBytes {
  readonly #socket: Duplex
  #pieces: Buffer[]
  #size: number
  #dropped = false

  constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket
    this.#pieces = head.length > 0 ? [head] : []
    this.#size = head.length
    socket.on('data', this.#onData).on('end', this.#onEnd)
    this.#holdBack()
  }

  /** Hands the bytes over, with the socket paused and without listeners of this. */
  take(): readonly Buffer[] {
    this.#socket.pause()
    this.#socket.off('data', this.#onData).off('end', this.#onEnd)
    return this.#pieces.splice(0)
  }

  /** There will be no tunnel: what came and what comes is thrown away. */
  drop(): void {
    this.#dropped = true
    this.#pieces = []
    this.#socket.resume()
  }

  readonly #onData = (piece: Buffer): void => {
    if (this.#dropped) return
    this.#pieces.push(piece)
    this.#size += piece.length
    this.#holdBack()
  }

  /** Who closes its side before the answer can say nothing in the tunnel. */
  readonly #onEnd = (): void => {
    this.#socket.destroy()
  }

  #holdBack(): void {
    if (this.#size > MAX_BYTES) this.#socket.pause()
  }
}
