import type { Duplex } from 'node:stream'
import type { Permit } from '../policy/breaker/types.ts'
import { peakEwma } from '../policy/balancer/peak-ewma.ts'
import type { AttemptRecord } from './decision.ts'
import type { Exchange } from './exchange.ts'
import { interimFault, switchFault } from './answer-faults.ts'
import { AnswerWatch } from './answer-watch.ts'
import { blame, blameStatus, type Blame, BOTH, NOBODY } from './blame.ts'
import type { AttemptControl, AttemptFailure, AttemptSink, Endpoint, FailureKind } from './ports.ts'
import { Relay, relayInformation } from './relay.ts'
import type { RequestBody } from './request-body.ts'
import type { UpstreamRuntime } from './route-runtime.ts'
import type { StreamEnd } from './open-streams.ts'
import { openTunnel } from './tunnel.ts'
import { upstreamHeaders, upstreamTarget } from './upstream-request.ts'

/** Who started an attempt and decides what becomes of its answer. */
export interface AttemptOwner {
  readonly exchange: Exchange
  readonly upstream: UpstreamRuntime
  /**
   * The head of an answer came. True gives the answer to the client; false has it read and thrown away, because another attempt follows
   * or has already won.
   */
  onHead(attempt: Attempt, status: number, headers: readonly string[]): boolean
  /** The attempt ended without an answer that could be given to the client. */
  onFailed(attempt: Attempt, kind: FailureKind, failure: AttemptFailure): void
  /** The attempt's answer was a 101 and its tunnel is open; `onDone` tells of the end. */
  onTunnel(attempt: Attempt): void
  /** The attempt that was given to the client has ended, well or not. */
  onDone(attempt: Attempt): void
  /** A plugin's edit of the answer's head threw or made a head that cannot be written. */
  onUnwritableHead(attempt: Attempt, error: unknown): void
}

/** What is read and thrown away of an answer that nobody wants, so that its connection can be used again; more than this closes it. */
const DISCARD_BYTES = 64 * 1024

/**
 * One try at one endpoint. In-flight count and record are settled exactly once, by whichever end comes first; permit and health as
 * soon as the head of the answer tells: how fast a client reads the rest says nothing of the endpoint.
 */
export class Attempt implements AttemptSink {
  readonly endpoint: Endpoint
  readonly record: AttemptRecord
  readonly isProbe: boolean
  readonly #owner: AttemptOwner
  readonly #upstreamPermit: Permit | null
  readonly #routePermit: Permit | null
  #control: AttemptControl | null = null
  #relay: Relay | null = null
  /** Of an answer that did not come at once. */
  #watch: AnswerWatch | null = null
  #cancelTimer: (() => void) | null = null
  #body: RequestBody | null = null
  #interims = 0
  /** Bytes of an answer that nobody wants; -1 while somebody does. */
  #discarded = -1
  #judged = false
  #settled = false

  constructor(owner: AttemptOwner, endpoint: Endpoint, isProbe: boolean, upstreamPermit: Permit | null, routePermit: Permit | null, now: number) {
    this.#owner = owner
    this.endpoint = endpoint
    this.isProbe = isProbe
    this.#upstreamPermit = upstreamPermit
    this.#routePermit = routePermit
    this.record = { endpoint: endpoint.key, outcome: null, startedMs: now, headMs: 0, endedMs: 0 }
  }

  get settled(): boolean {
    return this.#settled
  }

  /** It was given a connection. */
  get started(): boolean {
    return this.#control !== null
  }

  /** @param deadlineMs Monotonic ms by which the head must have come for the request as a whole; Infinity for none. */
  send(body: RequestBody | null, deadlineMs: number): void {
    const { exchange, upstream } = this.#owner
    const { perTryMs, deadlineHeader, responseMs } = upstream.timeouts
    this.#body = body
    exchange.decision.attempts.push(this.record)
    this.endpoint.inFlight++
    if (perTryMs !== null) this.#cancelTimer = exchange.services.clock.after(perTryMs, this.#onTryTimeout)
    let target: string
    let headers: string[]
    try {
      target = upstreamTarget(exchange)
      headers = upstreamHeaders(exchange, upstream, this.endpoint)
    } catch (error) {
      // What plugins left in the request cannot be written; without this nobody would ever answer it.
      this.#judge(NOBODY)
      this.onUnwritableHead(error)
      return
    }
    if (deadlineHeader !== null) {
      const left = Math.min(perTryMs ?? responseMs, deadlineMs - this.record.startedMs)
      pushDeadline(headers, deadlineHeader, left)
    }
    const upgrade = exchange.upgrade === null ? null : exchange.upgrade.token
    this.endpoint.transport.send({ method: exchange.decision.method, target, headers, body, upgrade }, this)
  }

  onStart(control: AttemptControl): void {
    this.#control = control
    if (this.#settled) control.abort()
  }

  onInformation(status: number, headers: string[]): void {
    if (this.#settled || this.#discarded !== -1) return
    const fault = interimFault(status, ++this.#interims)
    if (fault !== null) this.#breakOff(fault)
    else relayInformation(this.#owner.exchange, status, headers)
  }

  onHead(status: number, statusText: string, headers: string[], isWhole = false): void {
    if (this.#settled || this.#control === null) return
    this.#judgeStatus(status, this.#tookHead())
    if (!this.#owner.onHead(this, status, headers)) {
      this.#discarded = 0
      this.#watch = this.#watchAnswer(null)
      // The next attempt reads the body; this one would wait for its rest.
      if (this.#body !== null) this.#dropRest()
      return
    }
    const relay = new Relay(this.#owner.exchange, this.#control, this)
    this.#relay = relay
    try {
      relay.head(status, statusText, headers, isWhole)
    } catch (error) {
      this.onUnwritableHead(error)
    }
  }

  onStreaming(headers: readonly string[]): void {
    if (!this.#settled) this.#watch = this.#watchAnswer(headers)
  }

  /** The endpoint was silent for too long in the midst of its answer. */
  onIdle(idleMs: number): void {
    const control = this.#control
    this.onFailure({ kind: 'idle-timeout', error: new Error(`silent for ${idleMs} ms`) })
    control?.abort()
  }

  /** An event stream is ended as if the endpoint had: to its client that is a reason to come back, to the endpoint no fault. */
  onStreamEnd(end: 'idle' | 'drain'): void {
    if (this.#settled) return
    this.#settle('response', end)
    this.#control?.abort()
    this.#relay?.end([])
    this.#owner.onDone(this)
  }

  /** The endpoint did its part; the whole answer may have come before its head was to be written. */
  onUnwritableHead(error: unknown): void {
    if (!this.#settled) this.#settle('response')
    this.#control?.abort()
    this.#owner.onUnwritableHead(this, error)
  }

  onData(chunk: Buffer): void {
    if (this.#settled) return
    if (this.#discarded === -1) {
      this.#relay?.data(chunk)
      this.#watch?.onData(chunk)
    } else {
      this.#discarded += chunk.length
      if (this.#discarded > DISCARD_BYTES) this.#dropRest()
    }
  }

  onEnd(trailers: readonly string[]): void {
    if (this.#settled) return
    this.#settle('response')
    if (this.#discarded !== -1) return
    this.#relay?.end(trailers)
    this.#owner.onDone(this)
  }

  onUpgrade(status: number, headers: string[], socket: Duplex): void {
    if (this.#settled || this.#discarded !== -1) {
      socket.destroy()
      return
    }
    const fault = switchFault(headers, this.#owner.exchange.upgrade?.token)
    if (fault !== null) {
      socket.destroy()
      this.#breakOff(fault)
      return
    }
    this.#judgeStatus(status, this.#tookHead())
    if (!this.#owner.onHead(this, status, headers)) {
      socket.destroy()
      this.#settle('cancelled')
      return
    }
    const { exchange, upstream } = this.#owner
    try {
      const isOpen = openTunnel(exchange, upstream.websocket, status, headers, socket, () => {
        this.#settle('upgrade')
        this.#owner.onDone(this)
      })
      if (isOpen) this.#owner.onTunnel(this)
    } catch (error) {
      socket.destroy()
      this.onUnwritableHead(error)
    }
  }

  onFailure(failure: AttemptFailure): void {
    if (this.#settled) return
    const relay = this.#relay
    const kind = relay !== null && failure.kind === 'reset' ? 'truncated' : failure.kind
    this.#settle(kind)
    if (this.#discarded !== -1) return
    const { exchange, upstream } = this.#owner
    const verdict = blame(kind)
    if (!this.#judge(verdict) && verdict.endpoint === 'failure')
      upstream.endpoints.settle(this.endpoint.key, 'failure', exchange.services.clock.now())
    this.endpoint.lastFailure = { kind, message: failure.error.message, atMs: exchange.services.clock.wall() }
    exchange.log('upstream attempt failed', kind, failure.error)
    if (relay !== null && relay.headSent) relay.cut()
    else relay?.discard()
    this.#owner.onFailed(this, kind, failure)
  }

  /** Ends it from our side: the client went away, another attempt won, or time is up. Nothing is reported to the owner. */
  cancel(outcome: 'client-abort' | 'cancelled' | 'total-timeout', verdict: Blame): void {
    if (this.#settled) return
    this.#judge(verdict)
    this.#settle(outcome)
    this.#control?.abort()
    this.#body?.destroy()
    if (this.#relay?.headSent === true) this.#relay.cut()
    else this.#relay?.discard()
  }

  #watchAnswer(headers: readonly string[] | null): AnswerWatch {
    const { exchange, upstream } = this.#owner
    return new AnswerWatch(exchange, headers, upstream.timeouts, this)
  }

  readonly #onTryTimeout = (): void => {
    this.#cancelTimer = null
    if (this.#settled || this.record.headMs !== 0) return
    const control = this.#control
    this.onFailure({ kind: 'try-timeout', error: new Error(`no answer within ${this.#owner.upstream.timeouts.perTryMs} ms`) })
    control?.abort()
  }

  /** The endpoint answered by the rules of HTTP what nobody may pass on. */
  #breakOff(problem: string): void {
    const control = this.#control
    this.onFailure({ kind: 'protocol-error', error: new Error(problem) })
    control?.abort()
  }

  #dropRest(): void {
    this.#settle('response')
    this.#control?.abort()
  }

  /** @returns now */
  #tookHead(): number {
    const { exchange, upstream } = this.#owner
    const now = exchange.services.clock.now()
    this.record.headMs = now
    this.#cancelTimer?.()
    this.#cancelTimer = null
    if (upstream.measuresLatency) this.#learnLatency(now)
    return now
  }

  #learnLatency(now: number): void {
    const { endpoint } = this
    endpoint.latencyMs = peakEwma(endpoint.latencyMs, endpoint.latencyAtMs, now - this.record.startedMs, now)
    endpoint.latencyAtMs = now
  }

  #judgeStatus(status: number, now: number): void {
    const verdict = blameStatus(status)
    this.#judge(verdict, now)
    if (verdict === BOTH)
      this.endpoint.lastFailure = { kind: 'response', message: `status ${status}`, atMs: this.#owner.exchange.services.clock.wall() }
  }

  /** Tells breakers and health once. False when they had been told. */
  #judge(verdict: Blame, now = this.#owner.exchange.services.clock.now()): boolean {
    if (this.#judged) return false
    this.#judged = true
    const { upstream } = this.#owner
    const took = now - this.record.startedMs
    this.#upstreamPermit?.settle(verdict.upstream, now, took)
    this.#routePermit?.settle(verdict.upstream, now, took)
    upstream.endpoints.settle(this.endpoint.key, verdict.endpoint, now)
    // A failure is no measure of latency, unless it shows that it has become worse: a refused connection is quick.
    const { latencyMs } = this.endpoint
    if (verdict.endpoint === 'failure' && upstream.measuresLatency && latencyMs > 0 && took > latencyMs) this.#learnLatency(now)
    return true
  }

  /** @param end Who ended it, where it was an event stream. */
  #settle(outcome: NonNullable<AttemptRecord['outcome']>, end: StreamEnd = STREAM_ENDS[outcome] ?? 'error'): void {
    this.#settled = true
    this.#watch?.stop(end)
    this.#cancelTimer?.()
    this.#cancelTimer = null
    const { exchange, upstream } = this.#owner
    this.record.outcome = outcome
    this.record.endedMs = exchange.services.clock.now()
    this.endpoint.inFlight--
    upstream.metrics.attempt(outcome, this.record.endedMs - this.record.startedMs)
  }
}

const STREAM_ENDS: Readonly<Partial<Record<NonNullable<AttemptRecord['outcome']>, StreamEnd>>> = { response: 'upstream', 'client-abort': 'client' }

/** Whole milliseconds that are left for the attempt, in place of what the client may have sent. */
function pushDeadline(headers: string[], name: string, leftMs: number): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) if ((headers[i] as string).toLowerCase() === name) headers.splice(i, 2)
  headers.push(name, String(Math.max(1, Math.floor(leftMs))))
}
