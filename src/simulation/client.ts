import type { Clock, Consumer, Random } from '../plugin-api/index.ts'
import { Exchange, type ExchangeFacts, type ExchangeServices } from '../proxy/exchange.ts'
import { fieldValue } from '../proxy/header-fields.ts'
import type { RouteRuntime } from '../proxy/route-runtime.ts'
import { isPattern } from './byte-pattern.ts'
import { type StubBody, StubRequest, type StubServices } from './exchange-stub.ts'
import { type StubReader, StubResponse } from './response-stub.ts'

/** The field by which a request is known at the endpoints. */
export const CLIENT_FIELD = 'x-client'

export interface ClientPlan {
  readonly number: number
  readonly method: string
  /** Further fields: name, value, name, value … */
  readonly fields: readonly string[]
  readonly address: string
  readonly consumer: Consumer | null
  readonly body: StubBody
  /** The client closes its connection after this time, ms; null when it waits for the end. */
  readonly abortAfterMs: number | null
  /** Time that it takes for each piece of the answer, ms. */
  readonly readMs: number
}

export interface ClientServices extends StubServices {
  readonly exchange: ExchangeServices
  /** Takes a request that has arrived, and tells when its limits have let it pass. */
  readonly enter: (exchange: Exchange, onPass: () => void) => void
  readonly clock: Clock
  readonly random: Random
  /** Something that no client should ever see. */
  readonly onDefect: (text: string) => void
}

/** One request from the arrival at the gateway to the closed answer; what it sees is kept. */
export class Client implements StubReader {
  readonly plan: ClientPlan
  readonly exchange: Exchange
  readonly startedMs: number
  /** 0 before the head has come. */
  status = 0
  headMs = 0
  /** When its limits had let it pass: their time is not the upstream's. */
  passedMs: number
  closedMs = 0
  /** The answer came to its end. */
  finished = false
  /** The client itself has closed. */
  aborted = false
  attempts = 0
  readonly #services: ClientServices
  readonly #request: StubRequest
  readonly #response: StubResponse
  #cancelAbort: (() => void) | null = null
  #answeredBy = -1
  #expected = -1
  #received = 0

  constructor(plan: ClientPlan, route: RouteRuntime, services: ClientServices) {
    this.plan = plan
    this.#services = services
    this.startedMs = services.clock.now()
    this.passedMs = this.startedMs
    const fields = ['host', 'gateway.internal', CLIENT_FIELD, String(plan.number), ...plan.fields]
    if (plan.body.bytes > 0) fields.push('content-length', String(plan.body.bytes))
    this.#request = new StubRequest(plan.method, fields, plan.body, services)
    this.#response = new StubResponse(this.#request.asMessage(), this, plan.readMs, services)
    this.exchange = new Exchange(this.#request.asMessage(), this.#response.asResponse(), factsOf(plan), route, services.exchange)
    this.exchange.consumer = plan.consumer
  }

  get answerBegan(): boolean {
    return this.#response.headersSent
  }

  get bodyWasSent(): boolean {
    return this.#request.complete
  }

  onBodyMoved(run: () => void): void {
    this.#request.onMoved(run)
  }

  start(): void {
    const { abortAfterMs } = this.plan
    if (abortAfterMs !== null) this.#cancelAbort = this.#services.clock.after(abortAfterMs, () => this.#abort())
    this.#services.enter(this.exchange, this.#onPass)
  }

  readonly #onPass = (): void => {
    this.passedMs = this.#services.clock.now()
  }

  onHead(status: number, fields: readonly string[]): void {
    this.status = status
    this.headMs = this.#services.clock.now()
    const attempt = fieldValue(fields, 'x-attempt')
    const length = fieldValue(fields, 'content-length')
    if (attempt !== undefined) this.#answeredBy = Number(attempt)
    if (length !== undefined && this.plan.method !== 'HEAD') this.#expected = Number(length)
  }

  onPiece(piece: Buffer): void {
    if (this.#answeredBy !== -1 && !isPattern(piece, this.#received, this.#answeredBy)) this.onMisuse('the body is not that of the answer')
    this.#received += piece.length
  }

  /** As the front door does when a response closes. */
  onClose(finished: boolean): void {
    this.#cancelAbort?.()
    this.finished = finished
    this.closedMs = this.#services.clock.now()
    if (finished && this.#expected !== -1 && this.#received !== this.#expected)
      this.onMisuse(`${this.#received} of ${this.#expected} bytes look complete`)
    const { exchange } = this
    if (!finished) {
      exchange.decision.clientAborted = exchange.decision.code === null
      exchange.onClientGone?.()
    }
    exchange.complete()
    this.#request.close()
  }

  onMisuse(text: string): void {
    this.#services.onDefect(`request ${this.plan.number}: ${text}`)
  }

  #abort(): void {
    if (this.#response.writableFinished) return
    this.aborted = true
    this.#response.destroy()
  }
}

function factsOf(plan: ClientPlan): ExchangeFacts {
  return {
    path: '/',
    rawPath: '/',
    query: '',
    hasQuery: false,
    hasEncodedSlash: false,
    authority: 'gateway.internal',
    host: 'gateway.internal',
    scheme: 'http',
    clientIp: plan.address,
    peer: { address: plan.address, trusted: false, localPort: 8080 },
    listener: 'simulation'
  }
}
