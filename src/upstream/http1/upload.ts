import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'

export interface UploadOwner {
  /** All of it was handed to the socket. */
  onUploaded(): void
  /** The body broke off, or is not as long as was announced: the request cannot be finished. */
  onUploadFault(error: Error): void
}

/** Writes the body of one request, no faster than the connection takes it. */
export class Upload {
  readonly #socket: Socket
  readonly #body: Readable
  /** Bytes that are to come; null: in chunks. */
  #left: number | null
  readonly #owner: UploadOwner
  #isOver = false

  constructor(socket: Socket, body: Readable, length: number | null, owner: UploadOwner) {
    this.#socket = socket
    this.#body = body
    this.#left = length
    this.#owner = owner
  }

  get isOver(): boolean {
    return this.#isOver
  }

  start(): void {
    this.#body.on('data', this.#onData).once('end', this.#onEnd).once('error', this.#onBroken).once('close', this.#onBroken)
    // What there is already leaves together with the head; the listener gets it.
    this.#body.read()
  }

  /** The connection takes more again. */
  resume(): void {
    if (!this.#isOver) this.#body.resume()
  }

  /** Nobody wants the rest. */
  stop(): void {
    if (this.#isOver) return
    this.#over()
    this.#body.destroy()
  }

  readonly #onData = (chunk: Buffer): void => {
    if (chunk.length === 0) return
    if (this.#left !== null) {
      this.#left -= chunk.length
      if (this.#left < 0) return this.#fail(new Error('the body is longer than was announced'))
    }
    if (!this.#write(chunk)) this.#body.pause()
  }

  #write(chunk: Buffer): boolean {
    const socket = this.#socket
    if (this.#left !== null) return socket.write(chunk)
    socket.cork()
    socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
    socket.write(chunk)
    const takesMore = socket.write('\r\n', 'latin1')
    socket.uncork()
    return takesMore
  }

  readonly #onEnd = (): void => {
    if (this.#isOver) return
    if (this.#left !== null && this.#left > 0) return this.#fail(new Error('the body is shorter than was announced'))
    if (this.#left === null) this.#socket.write('0\r\n\r\n', 'latin1')
    this.#over()
    this.#owner.onUploaded()
  }

  readonly #onBroken = (error?: Error): void => {
    if (!this.#isOver) this.#fail(error ?? new Error('the body broke off'))
  }

  #fail(error: Error): void {
    this.#over()
    this.#body.destroy()
    this.#owner.onUploadFault(error)
  }

  #over(): void {
    this.#isOver = true
    this.#body.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onBroken)
    // An error of a stream that nobody listens to would end the process.
    this.#body.on('error', ignore)
  }
}

function ignore(): void {}
