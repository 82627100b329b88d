import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../plugin-api/index.ts'
import { patternBytes } from './byte-pattern.ts'

export interface StubServices {
  /** For what belongs to the client, not to the gateway. */
  readonly clock: Clock
  readonly defer: <T>(run: (value: T) => void, value: T) => void
}

export interface StubBody {
  readonly bytes: number
  readonly pieces: number
  readonly pauseMs: number
  /** Pieces after which the client falls silent; Infinity for one that sends everything. */
  readonly stopsAfter: number
}

/** The part of `IncomingMessage` that forwarding uses, without a socket: the body comes in virtual time. */
export class StubRequest extends EventEmitter {
  readonly method: string
  readonly url = '/'
  readonly httpVersionMinor = 1
  readonly rawHeaders: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  complete: boolean
  readonly #services: StubServices
  readonly #body: StubBody
  #flowing = false
  #scheduled = false
  #arrived = 0
  #delivered = 0
  #idleMs = 0
  #cancelIdle: (() => void) | null = null
  #cancelArrival: (() => void) | null = null
  #movedListeners: (() => void)[] = []

  constructor(method: string, fields: readonly string[], body: StubBody, services: StubServices) {
    super()
    this.method = method
    this.rawHeaders = fields
    this.headers = toMap(fields)
    this.complete = body.bytes === 0
    this.#body = body
    this.#services = services
    if (body.bytes > 0) this.#arrive()
  }

  asMessage(): IncomingMessage {
    return this as unknown as IncomingMessage
  }

  override on(name: string, listener: (...args: unknown[]) => void): this {
    super.on(name, listener)
    if (name === 'data') this.resume()
    return this
  }

  pause(): this {
    this.#flowing = false
    return this
  }

  resume(): this {
    this.#flowing = true
    this.#schedule()
    return this
  }

  /** Silence of the socket, as Node tells it: counted from the last piece. */
  ['setTimeout'](ms: number, listener?: () => void): this {
    if (listener !== undefined) this.on('timeout', listener)
    this.#idleMs = ms
    this.#touch()
    return this
  }

  /** The connection is closed: nothing comes any more. */
  close(): void {
    this.#cancelArrival?.()
    this.#idleMs = 0
    this.#touch()
    this.#flowing = false
    this.emit('close')
    this.#moved()
  }

  /** Runs it once when a piece was delivered or the connection was closed. */
  onMoved(run: () => void): void {
    this.#movedListeners.push(run)
  }

  #moved(): void {
    if (this.#movedListeners.length === 0) return
    const listeners = this.#movedListeners
    this.#movedListeners = []
    for (const run of listeners) run()
  }

  #arrive(): void {
    const { pieces, pauseMs, stopsAfter } = this.#body
    if (this.#arrived >= Math.min(pieces, stopsAfter)) return
    this.#arrived++
    this.#touch()
    this.#schedule()
    this.#cancelArrival = this.#services.clock.after(pauseMs, () => this.#arrive())
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#services.defer((request) => request.#deliver(), this)
  }

  #deliver(): void {
    this.#scheduled = false
    const { bytes, pieces } = this.#body
    while (this.#flowing && !this.complete && this.#delivered < this.#arrived) {
      const from = Math.floor((bytes * this.#delivered) / pieces)
      this.#delivered++
      const piece = patternBytes(from, Math.floor((bytes * this.#delivered) / pieces), 0)
      this.complete = this.#delivered === pieces
      if (piece.length > 0) this.emit('data', piece)
      if (this.complete) this.emit('end')
      this.#moved()
    }
  }

  #touch(): void {
    this.#cancelIdle?.()
    this.#cancelIdle = null
    if (this.#idleMs === 0) return
    this.#cancelIdle = this.#services.clock.after(this.#idleMs, () => {
      this.#cancelIdle = null
      this.emit('timeout')
    })
  }
}

function toMap(fields: readonly string[]): Record<string, string> {
  const map: Record<string, string> = {}
  for (let i = 0; i < fields.length; i += 2) map[(fields[i] as string).toLowerCase()] = fields[i + 1] as string
  return map
}
