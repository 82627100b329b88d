import type { ErrorCode } from '../errors.ts'
import type { Permit } from '../policy/breaker/types.ts'
import type { Waiter } from '../policy/bulkhead/types.ts'
import { decideRetry } from '../policy/retry/decide-retry.ts'
import { parseRetryAfter } from '../policy/retry/retry-after.ts'
import type { RetryDecision, RetryFacts } from '../policy/retry/types.ts'
import { Attempt, type AttemptOwner } from './attempt.ts'
import { BOTH, NOBODY, OVERTAKEN } from './blame.ts'
import type { Exchange } from './exchange.ts'
import { sendStaticFallback } from './fallback.ts'
import { fieldValue } from './header-fields.ts'
import { endsHere } from './options.ts'
import { pickEndpoint, rememberEndpoint } from './pick.ts'
import type { AttemptFailure, Endpoint, FailureKind } from './ports.ts'
import { failExchange, sendProblem } from './problem.ts'
import { type BodyFault, BodySource } from './request-body.ts'
import type { BulkheadRuntime, FallbackCause, UpstreamRuntime } from './route-runtime.ts'
import { hasBody } from './upstream-request.ts'

const FAILURE_CODES: Readonly<Record<FailureKind, ErrorCode>> = {
  'connect-failure': 'SP_UPSTREAM_CONNECT',
  'tls-failure': 'SP_UPSTREAM_CONNECT',
  'connect-timeout': 'SP_UPSTREAM_CONNECT_TIMEOUT',
  'response-timeout': 'SP_UPSTREAM_TIMEOUT',
  'try-timeout': 'SP_UPSTREAM_TRY_TIMEOUT',
  'total-timeout': 'SP_DEADLINE_EXCEEDED',
  'idle-timeout': 'SP_UPSTREAM_IDLE_TIMEOUT',
  reset: 'SP_UPSTREAM_RESET',
  truncated: 'SP_UPSTREAM_RESET',
  'protocol-error': 'SP_UPSTREAM_PROTOCOL',
  'invalid-request': 'SP_BAD_REQUEST',
  'client-abort': 'SP_BAD_REQUEST',
  cancelled: 'SP_UPSTREAM_RESET'
}

/** How a failure looks to the retry policy. */
const RETRY_KINDS: Readonly<Partial<Record<FailureKind, 'connect' | 'reset' | 'timeout'>>> = {
  'connect-failure': 'connect',
  'tls-failure': 'connect',
  'connect-timeout': 'connect',
  'response-timeout': 'timeout',
  'try-timeout': 'timeout',
  reset: 'reset',
  'protocol-error': 'reset'
}

/**
 * Sends an exchange to an endpoint of its upstream and relays the answer. The order is fixed: place in the bulkheads, permit of the
 * breakers, endpoint, send, judge, another attempt or relay. Everything about one request ends here or in `Exchange.complete`; nothing
 * throws.
 */
export function forward(exchange: Exchange): void {
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
class Forwarding implements AttemptOwner, Waiter {
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
  #deadlineMs = Infinity
  #cancelDeadline: (() => void) | null = null
  #cancelWait: (() => void) | null = null
  #cancelHedge: (() => void) | null = null
  #waitingFor: BulkheadRuntime | null = null
  #holdsRoutePlace: boolean
  #holdsUpstreamPlace = false
  #finished = false

  constructor(exchange: Exchange, upstream: UpstreamRuntime, legacy: Legacy | null) {
    this.exchange = exchange
    this.upstream = upstream
    this.#isFallback = legacy !== null
    this.#holdsRoutePlace = legacy?.holdsRoutePlace ?? false
    this.#body = legacy?.body ?? null
  }

  start(): void {
    const { exchange, upstream } = this
    const { totalMs } = upstream.timeouts
    const now = exchange.services.clock.now()
    exchange.onClientGone = this.#onClientGone
    if (totalMs !== null) {
      this.#deadlineMs = now + totalMs
      this.#cancelDeadline = exchange.services.clock.after(totalMs, this.#onDeadline)
    }
    if (upstream.retry.attempts > 0 || upstream.hedgeAfterMs !== null) upstream.budget.request(now)
    if (!this.#isFallback && hasBody(exchange.raw.headers)) this.#body = this.#openBody()
    if (this.#body !== null) this.#body.onFault = this.#onBodyFault
    this.#admit()
  }

  /** Takes the places one after the other, then makes the first attempt. */
  #admit(): void {
    const route = this.#isFallback ? null : this.exchange.runtime.bulkhead
    if (route !== null && !this.#holdsRoutePlace) {
      if (!this.#enter(route)) return
      this.#holdsRoutePlace = true
    }
    const { bulkhead } = this.upstream
    if (bulkhead !== null && !this.#holdsUpstreamPlace) {
      if (!this.#enter(bulkhead)) return
      this.#holdsUpstreamPlace = true
    }
    this.#attempt()
  }

  #enter(bulkhead: BulkheadRuntime): boolean {
    if (bulkhead.places.tryEnter()) return true
    if (bulkhead.places.enqueue(this)) {
      this.#waitingFor = bulkhead
      this.#cancelWait = this.exchange.services.clock.after(bulkhead.queueTimeoutMs, this.#onQueueTimeout)
    } else this.#overloaded()
    return false
  }

  /** Its turn in a queue came. */
  run(): void {
    this.#stopWaiting()
    const route = this.exchange.runtime.bulkhead
    if (this.#waitingFor === route) this.#holdsRoutePlace = true
    else this.#holdsUpstreamPlace = true
    this.#waitingFor = null
    this.#admit()
  }

  readonly #onQueueTimeout = (): void => {
    this.#cancelWait = null
    this.#overloaded()
  }

  #overloaded(): void {
    this.upstream.metrics.bulkheadRejected()
    this.#refuse('overloaded', 'SP_OVERLOADED', 1000)
  }

  #attempt(): void {
    const now = this.exchange.services.clock.now()
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
    const attempt = new Attempt(this, endpoint, probe !== null, upstreamPermit, routePermit)
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
    this.#hedge = new Attempt(this, endpoint, false, upstreamPermit, routePermit)
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
    if (decision.delayMs === 0) this.#attempt()
    else this.#cancelWait = exchange.services.clock.after(decision.delayMs, this.#onBackoffOver)
    return true
  }

  readonly #onBackoffOver = (): void => {
    this.#cancelWait = null
    this.#attempt()
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
    const legacy = { body: this.#body, holdsRoutePlace: this.#holdsRoutePlace }
    this.#body = null
    this.#holdsRoutePlace = false
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
    this.#body?.release()
    this.#waitingFor?.places.dequeue(this)
    this.#waitingFor = null
    if (this.#holdsUpstreamPlace) this.upstream.bulkhead?.places.leave(roundTripMs, failed)
    if (this.#holdsRoutePlace) this.exchange.runtime.bulkhead?.places.leave(roundTripMs, failed)
  }

  #openBody(): BodySource {
    const { exchange, upstream } = this
    const { runtime, decision } = exchange
    return new BodySource(exchange.raw, {
      maxBytes: Math.min(runtime.maxBodyBytes, exchange.maxBodyBytes ?? Infinity),
      idleMs: runtime.bodyIdleMs,
      keepBytes: upstream.retry.maxBodyBytes,
      onFirstRead: () => exchange.continueIfExpected(),
      onBytes: (count) => {
        decision.requestBytes += count
      }
    })
  }

  /** The client's own fault in the middle of its body; nothing is blamed on the endpoint. */
  readonly #onBodyFault = (fault: BodyFault): void => {
    if (this.#finished) return
    const code = fault === 'too-large' ? 'SP_BODY_TOO_LARGE' : 'SP_REQUEST_TIMEOUT'
    for (const attempt of [this.#current, this.#hedge]) attempt?.cancel('client-abort', NOBODY)
    this.#end(null, false)
    if (!this.exchange.response.headersSent) sendProblem(this.exchange, code, { close: true })
    else this.exchange.decision.code = code
  }
}

/** How long a probe waits for a request that could be sent again elsewhere. */
const PROBE_PATIENCE_MS = 1000

function giveBack(a: Permit | null, b: Permit | null, now: number): void {
  a?.settle('ignored', now, 0)
  b?.settle('ignored', now, 0)
}
