import type { Socket } from 'node:net'
import type { AttemptSink, FailureKind, UpstreamRequest } from '../../proxy/ports.ts'
import type { ReadMemory } from '../read-memory.ts'
import { AnswerFault } from './answer-fault.ts'
import { type AnswerEvents, AnswerParser } from './answer-parser.ts'
import { Flight } from './flight.ts'
import type { HeadFacts } from './head-parser.ts'
import type { KnownHead } from './known-head.ts'
import type { RequestHead } from './request-head.ts'
import { Upload, type UploadOwner } from './upload.ts'

/** Whose connection it is. */
export interface ConnectionOwner {
  readonly memory: ReadMemory | null
  readonly responseMs: number
  /** Of the endpoint's latest answer. */
  readonly known: KnownHead
  /** Runs it in exactly so many ms; the sweep is for times that are much longer than itself. */
  after(ms: number, run: () => void): () => void
  /** The request is over, and the connection can take the next one. */
  onFree(connection: Connection): void
  /** It is closed, or somebody else's. */
  onGone(connection: Connection): void
}

/** A request that is to go over a connection. */
export interface Order {
  readonly head: RequestHead
  readonly request: UpstreamRequest
  readonly sink: AttemptSink
}

/** How often connections are looked at for time that is up. */
export const TICK_MS = 250
/** Endpoints close idle connections after some seconds; who is first gets no reset (RFC 9112 section 9.3.1). */
const IDLE_MS = 4_000
/** A time limit that is shorter has a timer of its own. */
const LEAST_SWEPT_MS = 1_000

/** One connection to an endpoint: HTTP/1.1, one request at a time. */
export class Connection implements AnswerEvents, UploadOwner {
  readonly socket: Socket
  /** Its owner's note: it waits for a request. */
  isIdle = false
  readonly #owner: ConnectionOwner
  readonly #parser: AnswerParser
  #flight: Flight | null = null
  /** Its answer has not come in time. */
  #late: Flight | null = null
  #upload: Upload | null = null
  #served = 0
  /** Bytes of the present answer have come. */
  #hasAnswered = false
  #isClosed = false
  #isPaused = false
  /** Nothing of the present request was written. */
  #isUnused = false
  #isUpgrade = false
  #isSwitched = false
  #error: Error | null = null
  /** Since the request was sent, or since the last one was over. */
  #ticks = 0
  #hasHead = false
  #idleMs = IDLE_MS
  #cancelTimeout: (() => void) | null = null

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.socket = socket
    this.#owner = owner
    this.#parser = new AnswerParser(this, owner.known)
    socket.on('drain', this.#onDrain).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose)
  }

  get isOpen(): boolean {
    return !this.#isClosed && !this.socket.destroyed
  }

  /** The socket carries another protocol, and is somebody else's. */
  get isSwitched(): boolean {
    return this.#isSwitched
  }

  get memory(): ReadMemory | null {
    return this.#owner.memory
  }

  start({ head, request, sink }: Order): void {
    const flight = new Flight(this, sink)
    this.#flight = flight
    this.#hasAnswered = false
    this.#hasHead = false
    this.#isUpgrade = request.upgrade !== null
    this.#ticks = 0
    this.#isUnused = true
    sink.onStart(flight)
    this.#isUnused = false
    if (this.#flight !== flight) {
      // Nothing was written: the connection is as good as before.
      request.body?.destroy()
      this.#owner.onFree(this)
      return
    }
    this.#parser.expect(request.method, this.#isUpgrade)
    this.#armTimeout()
    if (request.body === null) {
      this.socket.write(head.text, 'latin1')
      return
    }
    this.#upload = new Upload(this.socket, request.body, head.length, this)
    this.socket.cork()
    this.socket.write(head.text, 'latin1')
    this.#upload.start()
    this.socket.uncork()
  }

  /** Of a socket that is read as a stream. */
  readonly onData = (bytes: Buffer): void => {
    this.receive(bytes)
  }

  /** What was read; the connection keeps pieces of it. */
  receive(bytes: Buffer): void {
    if (this.#isClosed) return
    this.#hasAnswered = true
    try {
      this.#parser.read(bytes)
    } catch (error) {
      // Nothing else should throw; one answer that makes it throw must not end them all.
      if (!(error instanceof AnswerFault) && this.#flight === null) throw error
      this.#fail('protocol-error', error as Error)
    }
  }

  /** About every `TICK_MS`. */
  sweep(): void {
    this.#ticks++
    if (this.#flight === null) {
      if (this.#ticks * TICK_MS >= this.#idleMs) this.destroy()
      return
    }
    const { responseMs } = this.#owner
    if (this.#hasHead || responseMs < LEAST_SWEPT_MS) return
    if (this.#waitsForClient) this.#ticks = 0
    // One more, since the first one may have come right after the request.
    else if ((this.#ticks - 1) * TICK_MS >= responseMs) this.#onTimeout()
  }

  /** The time in which the client is slow with its body is not the endpoint's. */
  get #waitsForClient(): boolean {
    return this.#upload !== null && !this.#upload.isOver && !this.socket.writableNeedDrain
  }

  carries(flight: Flight): boolean {
    return this.#flight === flight
  }

  release(chunk: Buffer): void {
    this.#owner.memory?.giveBack(chunk)
  }

  /** Closes it; a request that runs is not told of it. */
  destroy(): void {
    this.#flight = null
    this.#over()
    this.socket.destroy()
  }

  onInterim(status: number, fields: string[]): void {
    this.#flight?.sink.onInformation(status, fields)
  }

  onHead({ status, reason, fields, idleMs }: HeadFacts, isWhole: boolean): void {
    this.#hasHead = true
    this.#cancelTimeout?.()
    this.#cancelTimeout = null
    if (idleMs !== null) this.#idleMs = idleMs
    this.#flight?.sink.onHead(status, reason, fields, isWhole)
  }

  onBody(piece: Buffer): void {
    this.#flight?.sink.onData(piece)
  }

  onAnswerEnd(trailers: readonly string[], isPersistent: boolean): void {
    const flight = this.#flight
    if (flight === null) return
    this.#flight = null
    // The rest of the body is not wanted, but was announced.
    const isWhole = this.#upload === null || this.#upload.isOver
    this.#upload?.stop()
    this.#upload = null
    this.#served++
    this.#ticks = 0
    flight.sink.onEnd(trailers)
    if (!isPersistent || !isWhole || this.#isUpgrade) return this.destroy()
    if (this.#isPaused) this.resume()
    this.#owner.onFree(this)
  }

  onSwitch(fields: string[], rest: Buffer): void {
    const flight = this.#flight
    if (flight === null) return
    this.#flight = null
    this.#isSwitched = true
    this.#over()
    const { socket } = this
    socket.off('data', this.onData).off('drain', this.#onDrain).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose)
    socket.pause()
    if (rest.length > 0) socket.unshift(rest)
    flight.sink.onUpgrade(101, fields, socket)
  }

  onUploaded(): void {
    this.#ticks = 0
  }

  onUploadFault(error: Error): void {
    this.#fail('client-abort', error)
  }

  pause(): void {
    this.#isPaused = true
    this.socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.socket.resume()
  }

  /** Of the present request, by its own side. */
  abort(flight: Flight): void {
    if (this.#flight !== flight) return
    // Before anything was written.
    if (this.#isUnused) this.#flight = null
    else this.destroy()
  }

  #armTimeout(): void {
    const { responseMs } = this.#owner
    if (responseMs > 0 && responseMs < LEAST_SWEPT_MS) this.#cancelTimeout = this.#owner.after(responseMs, this.#onTimeout)
  }

  readonly #onTimeout = (): void => {
    this.#cancelTimeout = null
    if (this.#waitsForClient) return this.#armTimeout()
    this.#late = this.#flight
    // Timers come first in a turn: when the process was held up, the answer may be there and only has to be read.
    setImmediate(this.#onLate)
  }

  readonly #onLate = (): void => {
    if (this.#late === null || this.#late !== this.#flight || this.#hasHead) return
    this.#fail('response-timeout', new Error(`no answer within ${this.#owner.responseMs} ms`))
  }

  readonly #onDrain = (): void => {
    this.#ticks = 0
    this.#upload?.resume()
  }

  readonly #onEnd = (): void => {
    if (this.#isClosed) return
    if (this.#parser.close()) return
    this.#fail('reset', new Error('the endpoint closed the connection'))
  }

  readonly #onError = (error: Error): void => {
    this.#error = error
  }

  readonly #onClose = (): void => {
    if (!this.#isClosed) this.#fail('reset', this.#error ?? new Error('the connection was closed'))
  }

  #fail(kind: FailureKind, error: Error): void {
    const flight = this.#flight
    const staleConnection = kind === 'reset' && this.#served > 0 && !this.#hasAnswered
    this.destroy()
    flight?.sink.onFailure({ kind, error, staleConnection })
  }

  /** Nothing is done with it any more. */
  #over(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#parser.stop()
    this.#cancelTimeout?.()
    this.#upload?.stop()
    this.#upload = null
    this.#owner.onGone(this)
  }
}
