import { STATUS_CODES } from 'node:http'
import type { AttemptControl, AttemptFailure, AttemptSink, UpstreamRequest } from '../proxy/ports.ts'
import { drawEnding, drawLatency, type Behaviour, type Ending } from './behaviour.ts'
import { isPattern, patternBytes } from './byte-pattern.ts'
import type { EndpointLimits, EndpointServices, ScriptedEndpoint } from './scripted-endpoint.ts'

export interface AttemptParts {
  readonly number: number
  readonly request: UpstreamRequest
  readonly sink: AttemptSink
  readonly limits: EndpointLimits
  readonly services: EndpointServices
}

/** Until an endpoint looks once more for the end of a body that was sent, ms. */
const BODY_END_MS = 1

/** One request at a scripted endpoint. Reports as connections do: exactly one of end and failure, nothing after it. */
export class ScriptedAttempt implements AttemptControl {
  readonly #endpoint: ScriptedEndpoint
  readonly #parts: AttemptParts
  readonly #behaviour: Behaviour
  #ending: Ending = 'answer'
  #over = false
  #paused = false
  #arrived = false
  /** The one timer that ends the attempt by itself. */
  #cancelLimit: (() => void) | null = null
  #cancelStep: (() => void) | null = null
  #bodyRead = 0
  #wasAllSent = false
  #sent = 0
  #piece = 0

  constructor(endpoint: ScriptedEndpoint, parts: AttemptParts) {
    this.#endpoint = endpoint
    this.#parts = parts
    this.#behaviour = endpoint.behaviour
  }

  get isOver(): boolean {
    return this.#over
  }

  start(): void {
    const { connect, connectTimeMs } = this.#behaviour
    const { connectMs } = this.#parts.limits
    // Its stream may be destroyed with an error that is told elsewhere.
    this.#parts.request.body?.on('error', () => {})
    if (connect === 'timeout' || (connect === 'ok' && connectTimeMs > connectMs)) {
      this.#cancelLimit = this.#after(connectMs, () => this.#fail('connect-timeout'))
    } else if (connect === 'refuse') this.#step(connectTimeMs, () => this.#fail('connect-failure'))
    else this.#step(connectTimeMs, () => this.#open())
  }

  release(): void {}

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    if (!this.#over && this.#piece > 0 && this.#cancelStep === null) this.#step(0, () => this.#nextPiece())
  }

  abort(): void {
    if (!this.#over) this.#finish()
  }

  /** @internal Its turn at the endpoint has come. */
  work(): void {
    const { clock, random } = this.#parts.services
    // Not a step of the attempt: work that has begun is done even when nobody waits for it any more.
    clock.after(drawLatency(this.#behaviour.latency, random), () => {
      this.#endpoint.leave()
      if (!this.#over) this.#answer()
    })
  }

  #open(): void {
    this.#parts.sink.onStart(this)
    if (this.#over) return
    this.#ending = drawEnding(this.#behaviour, this.#parts.services.random)
    if (this.#ending === 'stale') this.#step(0, () => this.#fail('reset', true))
    // Errors are answered without waiting for the rest of a body.
    else if (this.#parts.request.body === null || this.#ending === 'error' || this.#ending === 'reset') this.#arrive()
    else this.#readBody()
  }

  readonly #readBody = (): void => {
    const body = this.#parts.request.body
    if (this.#over || body === null) return
    for (let piece = body.read() as Buffer | null; piece !== null; piece = body.read() as Buffer | null) {
      if (!isPattern(piece, this.#bodyRead, 0))
        this.#parts.services.observer.onDefect(`attempt ${this.#parts.number} was sent another body than the client's`)
      this.#bodyRead += piece.length
    }
    if (this.#bodyRead >= contentLength(this.#parts.request.headers)) this.#arrive()
    else if (body.destroyed) this.#fail('client-abort')
    else if (this.#wasAllSent) {
      this.#parts.services.observer.onDefect(`attempt ${this.#parts.number} was not sent the end of the body`)
      this.#fail('reset')
    } else {
      const { observer } = this.#parts.services
      this.#wasAllSent = observer.isBodySent(this.#parts.number)
      // What has come just now can be read the next time.
      if (this.#wasAllSent) this.#step(BODY_END_MS, this.#readBody)
      else observer.onBodyMoved(this.#parts.number, this.#readBody)
    }
  }

  #arrive(): void {
    if (this.#arrived) return
    this.#arrived = true
    this.#cancelLimit = this.#after(this.#parts.limits.responseMs, () => this.#fail('response-timeout'))
    if (this.#ending !== 'silence') this.#endpoint.enter(this)
  }

  #answer(): void {
    if (this.#ending === 'reset') return this.#fail('reset')
    this.#unlimit()
    const { errorStatus, retryAfterSeconds, bodyBytes } = this.#behaviour
    const status = this.#ending === 'error' ? errorStatus : 200
    const headers = ['content-type', 'application/octet-stream', 'content-length', String(bodyBytes), 'x-attempt', String(this.#parts.number)]
    if (status !== 200 && retryAfterSeconds !== null) headers.push('retry-after', String(retryAfterSeconds))
    this.#parts.sink.onHead(status, STATUS_CODES[status] ?? '', headers)
    if (this.#over) return
    if (this.#parts.request.method === 'HEAD' || bodyBytes === 0) this.#end()
    else this.#nextPiece()
  }

  readonly #nextPiece = (): void => {
    if (this.#paused || this.#over) return
    const { bodyBytes, bodyPieces, bodyPauseMs } = this.#behaviour
    if (this.#piece > 0 && this.#ending === 'truncated') return this.#fail('reset')
    // For how long is the gateway's own matter.
    if (this.#piece > 0 && this.#ending === 'stalled') return
    this.#piece++
    // An answer that breaks off or falls silent never comes to its last byte.
    const breaks = this.#ending === 'truncated' || this.#ending === 'stalled'
    const end = breaks ? Math.floor(bodyBytes / 2) : Math.floor((bodyBytes * this.#piece) / bodyPieces)
    const piece = patternBytes(this.#sent, end, this.#parts.number)
    this.#sent = end
    if (piece.length > 0) this.#parts.sink.onData(piece)
    if (this.#over) return
    if (this.#piece >= bodyPieces && !breaks) this.#end()
    else this.#step(bodyPauseMs, this.#nextPiece)
  }

  #end(): void {
    this.#finish()
    this.#parts.sink.onEnd([])
  }

  #fail(kind: (typeof KINDS)[number], stale = false): void {
    if (this.#over) return
    this.#finish()
    this.#parts.sink.onFailure(stale ? { ...failure(kind), staleConnection: true } : failure(kind))
  }

  #finish(): void {
    this.#over = true
    this.#unlimit()
    this.#cancelStep?.()
    this.#cancelStep = null
    // As connections do, however an attempt ends.
    this.#parts.request.body?.destroy()
    this.#endpoint.over()
  }

  #unlimit(): void {
    this.#cancelLimit?.()
    this.#cancelLimit = null
  }

  /** At once when there is no time between: transports may report before `send` returns. */
  #step(ms: number, run: () => void): void {
    if (ms <= 0) run()
    else {
      this.#cancelStep = this.#after(ms, () => {
        this.#cancelStep = null
        run()
      })
    }
  }

  #after(ms: number, run: () => void): () => void {
    return this.#parts.services.clock.after(ms, run)
  }
}

const KINDS = ['connect-failure', 'connect-timeout', 'response-timeout', 'idle-timeout', 'reset', 'client-abort'] as const

/** Made once: a stack for each failure would cost more than all the rest. */
const FAILURES = new Map<string, AttemptFailure>(KINDS.map((kind) => [kind, { kind, error: new Error(`scripted ${kind}`) }]))

function failure(kind: (typeof KINDS)[number]): AttemptFailure {
  return FAILURES.get(kind) as AttemptFailure
}

function contentLength(headers: readonly string[]): number {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === 'content-length') return Number(headers[i + 1])
  return 0
}
