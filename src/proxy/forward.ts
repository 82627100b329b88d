import type { ErrorCode } from '../errors.ts'
import type { Permit } from '../policy/breaker/types.ts'
import { decideRetry } from '../policy/retry/decide-retry.ts'
import { parseRetryAfter } from '../policy/retry/retry-after.ts'
import type { RetryDecision, RetryFacts } from '../policy/retry/types.ts'
import { Admission, type AdmissionOwner } from './admission.ts'
import { Attempt, type AttemptOwner } from './attempt.ts'
import { BOTH, NOBODY, OVERTAKEN } from './blame.ts'
import type { Exchange } from './exchange.ts'
import { FAILURE_CODES, RETRY_KINDS } from './failure-codes.ts'
import { sendStaticFallback } from './fallback.ts'
import { fieldValue } from './header-fields.ts'
import { endsHere } from './options.ts'
import { pickEndpoint, rememberEndpoint } from './pick.ts'
import type { AttemptFailure, Endpoint, FailureKind } from './ports.ts'
import { failExchange, sendProblem } from './problem.ts'
import { type BodyFault, type BodyOwner, BodySource } from './request-body.ts'
import type { FallbackCause, UpstreamRuntime } from './route-runtime.ts'
import { hasBody } from './upstream-request.ts'

/**
 * Sends an exchange to an endpoint of its upstream and relays the answer. The order is fixed: beginning of the body, place in the
 * bulkheads, permit of the breakers, endpoint, send, judge, another attempt or relay. Everything about one request ends here or in
 * `Exchange.complete`; nothing throws.
 */
export function forward(exchange: Exchange): void {
  // The client may have gone while a plugin was waiting for something.
  if (exchange.completed || exchange.response.destroyed) return
  exchange.decision.plugin = null
  const upstream = exchange.runtime.upstream
  if (exchange.refusal !== null || upstream === null) {
    sendProblem(exchange, exchange.refusal?.code ?? 'SP_ROUTE_NOT_FOUND', exchange.refusal ?? {})
    return
  }
  if (exchange.decision.method === 'OPTIONS' && endsHere(exchange)) return
  new Forwarding(exchange, upstream, null).start()
}

/** What a request brings along when its upstream's fallback is another one. */
interface Legacy {
  readonly body: BodySource | null
  readonly holdsRoutePlace: boolean
}

/** One request on its way: places, attempts one after the other (or two at a time when hedged), and exactly one end. */
class Forwarding implements AttemptOwner, AdmissionOwner, BodyOwner {
  readonly exchange: Exchange
  readonly upstream: UpstreamRuntime
  readonly #isFallback: boolean
  #current: Attempt | null = null
  #hedge: Attempt | null = null
  #winner: Attempt | null = null
  #tries = 0
  #freeUsed = false
  #tried: Endpoint[] | null = null
  #lastFailure: FailureKind | null = null
  #body: BodySource | null
  #gatheringSinceMs = 0
  readonly #admission: Admission | null
  #deadlineMs = Infinity
  #cancelDeadline: (() => void) | null = null
  #cancelWait: (() => void) | null = null
  #cancelHedge: (() => void) | null = null
  #holdsWebSocketPlace = false
  #finished = false

  constructor(exchange: Exchange, upstream: UpstreamRuntime, legacy: Legacy | null) {
    this.exchange = exchange
    this.upstream = upstream
    this.#isFallback = legacy !== null
    this.#body = legacy?.body ?? null
    const holdsRoutePlace = legacy?.holdsRoutePlace ?? false
    const route = legacy === null || holdsRoutePlace ? exchange.runtime.bulkhead : null
    const { bulkhead } = upstream
    const { clock } = exchange.services
    this.#admission = route === null && bulkhead === null ? null : new Admission(this, clock, route, bulkhead, holdsRoutePlace)
  }

  /** A client that is slow with its body holds no place, no permit and no connection. */
  start(): void {
    const { exchange } = this
    const { bufferBytes } = exchange.runtime
    const now = exchange.services.clock.now()
    exchange.onClientGone = this.#onClientGone
    if (!this.#isFallback && hasBody(exchange.raw.headers)) this.#body = this.#openBody()
    const body = this.#body
    if (body !== null) body.owner = this
    if (body === null || this.#isFallback || bufferBytes === 0) return this.#begin(now)
    this.#gatheringSinceMs = now
    body.gather(bufferBytes)
  }

  onGathered(): void {
    this.#begin(this.#stopGathering())
  }

  #stopGathering(): number {
    const now = this.exchange.services.clock.now()
    this.exchange.decision.gatherMs = now - this.#gatheringSinceMs
    return now
  }

  /** The upstream's time begins here: how long the client takes until then is bounded by limits of its own. */
  #begin(now: number): void {
    const { exchange, upstream } = this
    const { totalMs } = upstream.timeouts
    if (totalMs !== null) {
      this.#deadlineMs = now + totalMs
      this.#cancelDeadline = exchange.services.clock.after(totalMs, this.#onDeadline)
    }
    if (upstream.retry.attempts > 0 || upstream.hedgeAfterMs !== null) upstream.budget.request(now)
    if (exchange.upgrade !== null && !this.#enterWebSocket()) this.onOverloaded()
    else if (this.#admission === null) this.#attempt(now)
    else this.#admission.enter()
  }

  onAdmitted(): void {
    this.#attempt(this.exchange.services.clock.now())
  }

  onOverloaded(): void {
    this.upstream.metrics.bulkheadRejected()
    this.#refuse('overloaded', 'SP_OVERLOADED', 1000)
  }

  #attempt(now: number): void {
    const routeBreaker = this.#isFallback ? null : this.exchange.runtime.breaker
    const { breaker } = this.upstream
    const upstreamPermit = breaker === null ? null : breaker.tryAcquire(now)
    const routePermit = routeBreaker === null ? null : routeBreaker.tryAcquire(now)
    if ((breaker !== null && upstreamPermit === null) || (routeBreaker !== null && routePermit === null)) {
      giveBack(upstreamPermit, routePermit, now)
      this.#broken(
        Math.max(upstreamPermit === null ? (breaker?.retryAfterMs(now) ?? 0) : 0, routePermit === null ? (routeBreaker?.retryAfterMs(now) ?? 0) : 0)
      )
      return
    }
    const probe = this.#takeProbe(now)
    const endpoint = probe ?? pickEndpoint(this.exchange, this.upstream, this.#tried, now)
    if (endpoint === null) {
      giveBack(upstreamPermit, routePermit, now)
      this.#refuse('empty', 'SP_NO_ENDPOINTS', 1000)
      return
    }
    this.#tries++
    const attempt = new Attempt(this, endpoint, probe !== null, upstreamPermit, routePermit, now)
    this.#current = attempt
    attempt.send(this.#body === null ? null : this.#body.open(), this.#deadlineMs)
    if (this.upstream.hedgeAfterMs !== null && !attempt.settled && this.#mayHedge()) this.#armHedge(this.upstream.hedgeAfterMs)
  }

  /**
   * An endpoint that was ejected comes back by one attempt. A request that could be sent again elsewhere is better for that; others wait
   * for a second whether such a one comes by.
   */
  #takeProbe(now: number): Endpoint | null {
    const { retry, endpoints } = this.upstream
    if (this.#tried !== null) return null
    const isSafe = retry.attempts === 0 || (retry.methods.has(this.exchange.method) && (this.#body === null || this.#body.isReplayable))
    return endpoints.takeProbe(now, isSafe ? 0 : PROBE_PATIENCE_MS)
  }

  #mayHedge(): boolean {
    const { method } = this.exchange
    return this.#tries === 1 && (method === 'GET' || method === 'HEAD') && this.#body === null && this.exchange.upgrade === null
  }

  #armHedge(afterMs: number): void {
    this.#cancelHedge = this.exchange.services.clock.after(afterMs, this.#onHedge)
  }

  /** The first attempt is slow: a second one at another endpoint, out of the same budget as retries. */
  readonly #onHedge = (): void => {
    this.#cancelHedge = null
    const first = this.#current
    if (first === null || this.#finished) return
    const now = this.exchange.services.clock.now()
    const endpoint = pickEndpoint(this.exchange, this.upstream, [first.endpoint], now)
    if (endpoint === null || endpoint === first.endpoint || !this.upstream.budget.tryTake(now)) return
    const routeBreaker = this.#isFallback ? null : this.exchange.runtime.breaker
    const upstreamPermit = this.upstream.breaker?.tryAcquire(now) ?? null
    const routePermit = routeBreaker?.tryAcquire(now) ?? null
    if ((this.upstream.breaker !== null && upstreamPermit === null) || (routeBreaker !== null && routePermit === null)) {
      giveBack(upstreamPermit, routePermit, now)
      return
    }
    this.upstream.metrics.retry('hedge')
    this.exchange.decision.retry = 'hedged'
    this.#tries++
    this.#hedge = new Attempt(this, endpoint, false, upstreamPermit, routePermit, now)
    this.#hedge.send(null, this.#deadlineMs)
  }

  onHead(attempt: Attempt, status: number, headers: readonly string[]): boolean {
    if (this.#finished || this.#winner !== null) return false
    const { retry, fallback } = this.upstream
    if (retry.onStatus.has(status) || fallback?.on.has('status') === true) {
      if (this.#isReplaced(attempt, status, headers)) return false
    }
    this.#winner = attempt
    this.#stopTimers()
    const loser = attempt === this.#current ? this.#hedge : this.#current
    // A first attempt that is overtaken again and again without any answer in between is how a hanging endpoint looks under hedging.
    loser?.cancel('cancelled', loser === this.#current ? OVERTAKEN : NOBODY)
    rememberEndpoint(this.exchange, this.upstream, attempt.endpoint)
    return true
  }

  /** Whether something better than this answer may follow. */
  #isReplaced(attempt: Attempt, status: number, headers: readonly string[]): boolean {
    const { retry, fallback } = this.upstream
    if (!retry.onStatus.has(status)) return false
    this.#forget(attempt)
    if (this.#isRunning) return true
    const after = fieldValue(headers, 'retry-after')
    const retryAfterMs = after === undefined ? null : parseRetryAfter(after, this.exchange.services.clock.wall())
    if (this.#tryAgain(attempt, { kind: 'status', status, retryAfterMs }, String(status))) return true
    if (fallback?.on.has('status') === true && this.#fallBack('status')) return true
    this.#current = attempt
    return false
  }

  onFailed(attempt: Attempt, kind: FailureKind, failure: AttemptFailure): void {
    if (this.#finished) return
    if (attempt === this.#winner) {
      this.#end(this.#roundTrip(attempt), true)
      // Does nothing but name the cause when the head has left already.
      sendProblem(this.exchange, FAILURE_CODES[kind])
      return
    }
    this.#forget(attempt)
    if (this.#isRunning) return
    this.#lastFailure = kind
    const retryKind = RETRY_KINDS[kind] ?? 'other'
    const nothingSent = retryKind === 'connect' || (retryKind === 'timeout' && !attempt.started)
    if (this.#tryAgain(attempt, { kind: retryKind, nothingSent, reusedIdleSocket: failure.staleConnection === true }, kind)) return
    this.#giveUp(kind)
  }

  /**
   * An open WebSocket is no work of its upstream: it gives its places back, or a few hundred idle ones would leave none for requests.
   * `websocket.maxConnections` is the limit on them.
   */
  onTunnel(attempt: Attempt): void {
    this.#admission?.leave(this.#roundTrip(attempt), false)
  }

  onDone(attempt: Attempt): void {
    this.#end(this.#roundTrip(attempt), false)
  }

  onUnwritableHead(attempt: Attempt, error: unknown): void {
    this.#end(this.#roundTrip(attempt), false)
    failExchange(this.exchange, 'SP_PLUGIN_FAILED', error)
  }

  /** Whether another attempt is on its way or will be. */
  #tryAgain(attempt: Attempt, failure: RetryFacts['failure'], reason: string): boolean {
    const { exchange, upstream } = this
    const now = exchange.services.clock.now()
    const { idempotencyHeader } = upstream.retry
    const decision: RetryDecision = decideRetry(
      {
        method: exchange.method,
        hasIdempotencyKey: idempotencyHeader !== null && exchange.raw.headers[idempotencyHeader] !== undefined,
        tries: this.#tries,
        freeUsed: this.#freeUsed,
        failure,
        bodyReplayable: this.#body === null || this.#body.isReplayable,
        responseBegan: exchange.response.headersSent,
        remainingMs: this.#deadlineMs - now
      },
      upstream.retry,
      upstream.budget,
      () => exchange.services.random.next(),
      now
    )
    if (!decision.retry) {
      exchange.decision.retry = decision.reason
      upstream.metrics.retryRefused(decision.reason)
      return false
    }
    exchange.decision.retry = 'retried'
    upstream.metrics.retry(decision.free ? 'free' : reason)
    if (decision.free) {
      this.#freeUsed = true
      this.#tries--
    }
    ;(this.#tried ??= []).push(attempt.endpoint)
    if (decision.delayMs === 0) this.#attempt(now)
    else this.#cancelWait = exchange.services.clock.after(decision.delayMs, this.#onBackoffOver)
    return true
  }

  readonly #onBackoffOver = (): void => {
    this.#cancelWait = null
    this.#attempt(this.exchange.services.clock.now())
  }

  /** The breaker lets nothing through: what failed before says more than that. */
  #broken(retryAfterMs: number): void {
    this.upstream.metrics.breakerRejected()
    if (this.#lastFailure !== null) this.#giveUp(this.#lastFailure)
    else this.#refuse('open', 'SP_CIRCUIT_OPEN', retryAfterMs)
  }

  #giveUp(kind: FailureKind): void {
    const isTheirs = kind !== 'invalid-request' && kind !== 'client-abort'
    if (isTheirs && this.#fallBack('failed')) return
    this.#end(null, isTheirs)
    sendProblem(this.exchange, FAILURE_CODES[kind])
  }

  #refuse(cause: FallbackCause, code: ErrorCode, retryAfterMs: number): void {
    if (this.#fallBack(cause)) return
    this.#end(null, false)
    sendProblem(this.exchange, code, { headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) } })
  }

  /** Whether the fallback answers from here on. */
  #fallBack(cause: FallbackCause): boolean {
    const { fallback } = this.upstream
    if (fallback === null || this.#isFallback || !fallback.on.has(cause)) return false
    const { answer } = fallback
    const { exchange } = this
    if (answer.kind === 'static') {
      this.#end(null, cause === 'failed')
      this.upstream.metrics.fallback(cause)
      sendStaticFallback(exchange, answer)
      return true
    }
    const other = answer.upstream()
    if (other === null || (this.#body !== null && !this.#body.isReplayable)) return false
    const legacy = { body: this.#body, holdsRoutePlace: this.#admission?.passRoutePlace() ?? false }
    this.#body = null
    this.#end(null, cause === 'failed')
    this.upstream.metrics.fallback(cause)
    exchange.decision.fallback = 'upstream'
    new Forwarding(exchange, other, legacy).start()
    return true
  }

  readonly #onDeadline = (): void => {
    this.#cancelDeadline = null
    const now = this.exchange.services.clock.now()
    const { totalMs } = this.upstream.timeouts
    for (const attempt of [this.#current, this.#hedge]) {
      // Time that was spent waiting in queues or on others is not the last endpoint's fault.
      if (attempt !== null) attempt.cancel('total-timeout', now - attempt.record.startedMs >= (totalMs ?? 0) / 2 ? BOTH : NOBODY)
    }
    this.#giveUp('total-timeout')
  }

  readonly #onClientGone = (): void => {
    if (this.#finished) return
    const { exchange } = this
    for (const attempt of [this.#current, this.#hedge]) attempt?.cancel('client-abort', NOBODY)
    this.#end(null, false)
    exchange.onClientGone = null
  }

  get #isRunning(): boolean {
    return this.#current !== null || this.#hedge !== null
  }

  #forget(attempt: Attempt): void {
    if (attempt === this.#current) this.#current = null
    else if (attempt === this.#hedge) this.#hedge = null
    if (!this.#isRunning) this.#disarmHedge()
  }

  /** Time to the head of the answer, for the adaptive limit. */
  #roundTrip(attempt: Attempt): number | null {
    return attempt.record.headMs === 0 ? null : attempt.record.headMs - attempt.record.startedMs
  }

  #disarmHedge(): void {
    this.#cancelHedge?.()
    this.#cancelHedge = null
  }

  #stopTimers(): void {
    this.#cancelDeadline?.()
    this.#cancelDeadline = null
    this.#disarmHedge()
    this.#stopWaiting()
  }

  #stopWaiting(): void {
    this.#cancelWait?.()
    this.#cancelWait = null
  }

  /** Once: nothing of this request runs or waits any more, and its places are free. */
  #end(roundTripMs: number | null, failed: boolean): void {
    if (this.#finished) return
    this.#finished = true
    this.#stopTimers()
    this.exchange.onClientGone = null
    if (this.#body?.isGathering === true) this.#stopGathering()
    this.#body?.release()
    this.#admission?.leave(roundTripMs, failed)
    if (this.#holdsWebSocketPlace) this.upstream.websocket.places.open--
  }

  /** Whether there is room for one more WebSocket. */
  #enterWebSocket(): boolean {
    const { maxConnections, places } = this.upstream.websocket
    if (maxConnections !== null && places.open >= maxConnections) return false
    places.open++
    this.#holdsWebSocketPlace = true
    return true
  }

  #openBody(): BodySource {
    const { exchange, upstream } = this
    const { runtime } = exchange
    return new BodySource(exchange, {
      maxBytes: Math.min(runtime.maxBodyBytes, exchange.maxBodyBytes ?? Infinity),
      idleMs: runtime.bodyIdleMs,
      minRate: runtime.uploadRate,
      keepBytes: upstream.retry.maxBodyBytes
    })
  }

  /** The client's own fault in the middle of its body; nothing is blamed on the endpoint. */
  onBodyFault(fault: BodyFault): void {
    if (this.#finished) return
    const { exchange } = this
    if (fault !== 'too-large') exchange.services.onClientTimeout(fault === 'idle' ? 'body' : 'upload-rate')
    for (const attempt of [this.#current, this.#hedge]) attempt?.cancel('client-abort', NOBODY)
    this.#end(null, false)
    const code = fault === 'too-large' ? 'SP_BODY_TOO_LARGE' : 'SP_REQUEST_TIMEOUT'
    if (!exchange.response.headersSent) sendProblem(exchange, code, { close: true })
    else exchange.decision.code = code
  }
}

/** How long a probe waits for a request that could be sent again elsewhere. */
const PROBE_PATIENCE_MS = 1000

function giveBack(a: Permit | null, b: Permit | null, now: number): void {
  a?.settle('ignored', now, 0)
  b?.settle('ignored', now, 0)
}
