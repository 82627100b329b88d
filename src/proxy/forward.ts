import type { Duplex } from 'node:stream'
import type { ErrorCode } from '../errors.ts'
import type { AttemptRecord } from './decision.ts'
import type { Exchange } from './exchange.ts'
import type { AttemptControl, AttemptFailure, AttemptSink, Endpoint, FailureKind } from './ports.ts'
import { fieldValue } from './header-fields.ts'
import { failExchange, sendProblem } from './problem.ts'
import { Relay, relayInformation, type RelayOwner } from './relay.ts'
import { RequestBody } from './request-body.ts'
import type { UpstreamRuntime } from './route-runtime.ts'
import { openTunnel } from './tunnel.ts'
import { hasBody, upstreamHeaders, upstreamTarget } from './upstream-request.ts'

const FAILURE_CODES: Readonly<Record<FailureKind, ErrorCode>> = {
  'connect-failure': 'SP_UPSTREAM_CONNECT',
  'tls-failure': 'SP_UPSTREAM_CONNECT',
  'connect-timeout': 'SP_UPSTREAM_TIMEOUT',
  'response-timeout': 'SP_UPSTREAM_TIMEOUT',
  'idle-timeout': 'SP_UPSTREAM_TIMEOUT',
  reset: 'SP_UPSTREAM_RESET',
  truncated: 'SP_UPSTREAM_RESET',
  'protocol-error': 'SP_UPSTREAM_PROTOCOL',
  'invalid-request': 'SP_BAD_REQUEST',
  'client-abort': 'SP_BAD_REQUEST'
}

/**
 * Sends an exchange to an endpoint of its upstream and relays the answer. The order is fixed: candidates, pick, send, classify,
 * settle, relay. Everything about one request ends here or in `Exchange.complete`; nothing throws.
 */
export function forward(exchange: Exchange): void {
  exchange.decision.plugin = null
  const upstream = exchange.runtime.upstream
  if (exchange.refusal !== null || upstream === null) {
    sendProblem(exchange, exchange.refusal?.code ?? 'SP_ROUTE_NOT_FOUND', exchange.refusal ?? {})
    return
  }
  const endpoint = upstream.balancer.pick(upstream.candidates, exchange)
  if (endpoint === null) {
    sendProblem(exchange, 'SP_NO_ENDPOINTS', { headers: { 'retry-after': '1' } })
    return
  }
  new Attempt(exchange, upstream, endpoint).send()
}

/** One try at one endpoint: its in-flight count and record are settled exactly once, by whichever end comes first. */
class Attempt implements AttemptSink, RelayOwner {
  readonly #exchange: Exchange
  readonly #upstream: UpstreamRuntime
  readonly #endpoint: Endpoint
  readonly #record: AttemptRecord
  #control: AttemptControl | null = null
  #relay: Relay | null = null
  #body: RequestBody | null = null
  #settled = false

  constructor(exchange: Exchange, upstream: UpstreamRuntime, endpoint: Endpoint) {
    this.#exchange = exchange
    this.#upstream = upstream
    this.#endpoint = endpoint
    this.#record = {
      endpoint: endpoint.key,
      outcome: null,
      startedMs: exchange.services.clock.now(),
      headMs: 0,
      endedMs: 0
    }
  }

  send(): void {
    const exchange = this.#exchange
    exchange.decision.attempts.push(this.#record)
    this.#endpoint.inFlight++
    exchange.onClientGone = this.#onClientGone
    if (hasBody(exchange.raw.headers)) this.#body = this.#openBody()
    this.#endpoint.transport.send(
      {
        method: exchange.decision.method,
        target: upstreamTarget(exchange),
        headers: upstreamHeaders(exchange, this.#endpoint),
        body: this.#body,
        upgrade: exchange.upgrade === null ? null : exchange.upgrade.token
      },
      this
    )
  }

  onStart(control: AttemptControl): void {
    this.#control = control
    if (this.#settled) control.abort()
  }

  onInformation(status: number, headers: string[]): void {
    if (this.#settled) return
    if (status === 101) this.#breakOff('a switch of protocols that was not asked for')
    else relayInformation(this.#exchange, status, headers)
  }

  onHead(status: number, statusText: string, headers: string[]): void {
    if (this.#settled || this.#control === null) return
    this.#record.headMs = this.#exchange.services.clock.now()
    const coding = fieldValue(headers, 'transfer-encoding')
    // Any other would go to the client without its name (RFC 9112 section 6.1); undici hands on what it does not decode.
    if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
      this.#breakOff('a transfer coding other than chunked')
      return
    }
    const relay = new Relay(this.#exchange, this.#control, this)
    try {
      relay.head(status, statusText, headers, coding !== undefined)
    } catch (error) {
      this.onUnwritableHead(error)
      return
    }
    this.#relay = relay
  }

  /** A plugin's response edit threw or made a head that cannot be written; the endpoint did its part. */
  onUnwritableHead(error: unknown): void {
    this.#settle('response')
    this.#control?.abort()
    failExchange(this.#exchange, 'SP_PLUGIN_FAILED', error)
  }

  onData(chunk: Buffer): void {
    if (!this.#settled) this.#relay?.data(chunk)
  }

  onEnd(trailers: readonly string[]): void {
    if (this.#settled) return
    this.#settle('response')
    this.#relay?.end(trailers)
  }

  onUpgrade(status: number, headers: string[], socket: Duplex): void {
    if (this.#settled) {
      socket.destroy()
      return
    }
    this.#record.headMs = this.#exchange.services.clock.now()
    openTunnel(this.#exchange, status, headers, socket, () => this.#settle('upgrade'))
  }

  onFailure(failure: AttemptFailure): void {
    if (this.#settled) return
    const relay = this.#relay
    const kind = relay !== null && failure.kind === 'reset' ? 'truncated' : failure.kind
    this.#settle(kind)
    this.#endpoint.lastFailure = { kind, message: failure.error.message, atMs: this.#exchange.services.clock.wall() }
    this.#exchange.log('upstream attempt failed', kind, failure.error)
    if (relay === null || !relay.headSent) {
      relay?.discard()
      sendProblem(this.#exchange, FAILURE_CODES[kind])
      return
    }
    this.#exchange.decision.code = FAILURE_CODES[kind]
    relay.cut()
  }

  /** The endpoint answered what undici accepts but nobody may pass on. */
  #breakOff(problem: string): void {
    const control = this.#control
    this.onFailure({ kind: 'protocol-error', error: new Error(problem) })
    control?.abort()
  }

  readonly #onClientGone = (): void => {
    if (this.#settled) return
    this.#settle('client-abort')
    this.#control?.abort()
    this.#body?.destroy()
  }

  #settle(outcome: NonNullable<AttemptRecord['outcome']>): void {
    if (this.#settled) return
    this.#settled = true
    this.#exchange.onClientGone = null
    this.#record.outcome = outcome
    this.#record.endedMs = this.#exchange.services.clock.now()
    this.#endpoint.inFlight--
    this.#upstream.metrics.attempt(outcome, this.#record.endedMs - this.#record.startedMs)
  }

  #openBody(): RequestBody {
    const { runtime, decision, raw } = this.#exchange
    return new RequestBody(raw, {
      maxBytes: runtime.maxBodyBytes,
      idleMs: runtime.bodyIdleMs,
      onFirstRead: () => this.#exchange.continueIfExpected(),
      onBytes: (count) => {
        decision.requestBytes += count
      },
      onTooLarge: () => this.#refuseBody('SP_BODY_TOO_LARGE'),
      onIdle: () => this.#refuseBody('SP_REQUEST_TIMEOUT')
    })
  }

  /** The client's own fault in the middle of its body; nothing is blamed on the endpoint. */
  #refuseBody(code: ErrorCode): void {
    if (this.#settled) return
    this.#settle('client-abort')
    this.#control?.abort()
    this.#body?.destroy()
    if (this.#relay?.headSent === true) this.#relay.cut()
    else {
      this.#relay?.discard()
      sendProblem(this.#exchange, code, { close: true })
    }
  }
}
