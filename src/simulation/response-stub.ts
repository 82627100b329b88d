import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { StubServices } from './exchange-stub.ts'

/** What the client makes of its answer. */
export interface StubReader {
  onHead(status: number, fields: readonly string[]): void
  onPiece(piece: Buffer): void
  /** The answer was finished or cut, or the client itself has closed. */
  onClose(finished: boolean): void
  /** Something that Node would have refused. */
  onMisuse(text: string): void
}

/** The part of `ServerResponse` that forwarding uses. */
export class StubResponse extends EventEmitter {
  readonly req: IncomingMessage
  headersSent = false
  destroyed = false
  writableFinished = false
  shouldKeepAlive = true
  /** Interim answers need one; they are left out. */
  readonly socket = null
  readonly #reader: StubReader
  readonly #services: StubServices
  /** Time the client takes for a piece, ms; 0 takes everything at once. */
  readonly #readMs: number
  #ended = false
  /** Pieces since the client last was ready for more. */
  #undrained = 0
  #closing = false

  constructor(req: IncomingMessage, reader: StubReader, readMs: number, services: StubServices) {
    super()
    this.req = req
    this.#reader = reader
    this.#readMs = readMs
    this.#services = services
  }

  asResponse(): ServerResponse {
    return this as unknown as ServerResponse
  }

  writeHead(status: number, _reason: string, fields: readonly string[]): void {
    if (this.headersSent) this.#reader.onMisuse('a second head was written')
    this.headersSent = true
    if (!this.destroyed) this.#reader.onHead(status, fields)
  }

  write(piece: Buffer): boolean {
    this.#take(piece)
    if (this.#readMs === 0) return true
    // The piece that was held with the head, and the one that pushed it out.
    if (piece.length > 0 && ++this.#undrained > 2) this.#reader.onMisuse('more was written than the client was ready for')
    if (this.listenerCount('drain') === 0 || piece.length > 0) this.#services.clock.after(this.#readMs, () => this.#drain())
    return false
  }

  end(piece?: Buffer | string, encoding?: BufferEncoding): void {
    if (piece !== undefined) this.#take(typeof piece === 'string' ? Buffer.from(piece, encoding) : piece)
    if (this.#ended) this.#reader.onMisuse('the answer was ended twice')
    if (!this.headersSent) this.#reader.onMisuse('an answer was ended without a head')
    this.#ended = true
    if (this.#readMs === 0) this.#services.defer((response) => response.#finish(), this)
    else this.#services.clock.after(this.#readMs, () => this.#finish())
  }

  destroy(): void {
    if (this.destroyed || this.writableFinished) return
    this.destroyed = true
    this.#close()
  }

  addTrailers(): void {}

  writeContinue(): void {}

  #take(piece: Buffer): void {
    if (this.#ended) this.#reader.onMisuse('something was written after the end')
    if (!this.headersSent) this.#reader.onMisuse('something was written before the head')
    if (!this.destroyed && piece.length > 0) this.#reader.onPiece(piece)
  }

  #drain(): void {
    this.#undrained = 0
    if (!this.destroyed && !this.#ended) this.emit('drain')
  }

  #finish(): void {
    if (this.destroyed) return
    this.writableFinished = true
    this.#close()
  }

  #close(): void {
    if (this.#closing) return
    this.#closing = true
    this.#services.defer((response) => response.#reader.onClose(response.writableFinished), this)
  }
}
