import { STATUS_CODES } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Exchange } from './exchange.ts'
import type { OpenStream, StreamEnd } from './open-streams.ts'
import { clientHeaders } from './response-head.ts'
import type { WebSocketRules } from './route-runtime.ts'
import { Flow, type FlowOwner } from './websocket-flow.ts'
import { closeFrame, GOING_AWAY } from './websocket-frames.ts'

/** How long a side may stay silent after the other has said that it is done. */
const LINGER_MS = 2_000

/** How long both sides have to answer the gateway's Close. */
const CLOSE_WAIT_MS = 2_000

/** What the gateway says in its Close. */
const REASONS = { idle: 'idle for too long', age: 'open for too long', drain: 'the gateway is going away' } as const

/**
 * Joins the client's and the upstream's sockets after the upstream's 101 (RFC 9110 section 7.8). From here on bytes pass untouched,
 * with back-pressure both ways; either end closing closes the other.
 * @param settle Called once when the tunnel is over.
 * @returns false when the client has gone in the meantime; `settle` was called then.
 * @throws what a plugin's response edit throws, before anything was written.
 */
export function openTunnel(
  exchange: Exchange,
  rules: WebSocketRules,
  status: number,
  headers: string[],
  upstream: Duplex,
  settle: () => void
): boolean {
  const upgrade = exchange.upgrade
  if (upgrade === null || upgrade.socket.destroyed) {
    upstream.destroy()
    settle()
    return false
  }
  const client = upgrade.socket
  const fields = clientHeaders(exchange, status, headers, false)
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: Upgrade\r\nupgrade: ${upgrade.token}\r\n`
  for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`
  exchange.decision.status = status
  exchange.response.detachSocket(client as never)
  exchange.tunnelled = true
  client.write(`${head}\r\n`, 'latin1')
  new Tunnel(exchange, rules, client, upstream, settle).start(upgrade.early.take())
  return true
}

/** An open WebSocket: two directions, the limits on it, and one end. */
class Tunnel implements OpenStream, FlowOwner {
  readonly kind = 'websocket'
  readonly #exchange: Exchange
  readonly #rules: WebSocketRules
  readonly #client: Duplex
  readonly #upstream: Duplex
  readonly #settle: () => void
  readonly #fromClient: Flow
  readonly #fromUpstream: Flow
  #end: StreamEnd | null = null
  /** The gateway ends it. */
  #closing = false
  #open = 2
  #lastBytesMs: number
  #cancelIdle: (() => void) | null = null
  #cancelAge: (() => void) | null = null
  #cancelWait: (() => void) | null = null

  constructor(exchange: Exchange, rules: WebSocketRules, client: Duplex, upstream: Duplex, settle: () => void) {
    this.#exchange = exchange
    this.#rules = rules
    this.#client = client
    this.#upstream = upstream
    this.#settle = settle
    this.#fromClient = new Flow(client, upstream, true, this)
    this.#fromUpstream = new Flow(upstream, client, false, this)
    this.#lastBytesMs = exchange.services.clock.now()
  }

  get route(): OpenStream['route'] {
    return this.#exchange.route
  }

  start(early: readonly Buffer[]): void {
    const { clock, streams } = this.#exchange.services
    const { idleMs, maxAgeMs } = this.#rules
    // A reset of one side is an ordinary end of the other, never an uncaught error.
    this.#client.on('error', this.#onError).on('close', this.#onClientClose)
    this.#upstream.on('error', this.#onError).on('close', this.#onUpstreamClose)
    if (idleMs !== null) this.#cancelIdle = clock.after(idleMs, this.#onIdle)
    if (maxAgeMs !== null) this.#cancelAge = clock.after(maxAgeMs, this.#onAge)
    streams.add(this)
    this.#fromUpstream.start([])
    this.#fromClient.start(early)
  }

  drain(): void {
    this.#close('drain')
  }

  destroy(): void {
    this.#client.destroy()
    this.#upstream.destroy()
  }

  onBytes(): void {
    this.#lastBytesMs = this.#exchange.services.clock.now()
  }

  onClosed(flow: Flow): void {
    this.#end ??= flow === this.#fromClient ? 'client' : 'upstream'
    this.#endAnswered()
  }

  onFinished(): void {
    this.#endAnswered()
  }

  onEnd(flow: Flow): void {
    this.#end ??= flow === this.#fromClient ? 'client' : 'upstream'
    if (this.#closing) flow.source.end()
    // While the gateway ends it, the other side has its own time for its own Close.
    if (this.#closing && flow.finished) return
    flow.target.end()
    hurry(flow.target)
  }

  readonly #onIdle = (): void => {
    const { clock } = this.#exchange.services
    const leftMs = this.#lastBytesMs + (this.#rules.idleMs ?? 0) - clock.now()
    if (leftMs > 0) this.#cancelIdle = clock.after(leftMs, this.#onIdle)
    else this.#close('idle')
  }

  readonly #onAge = (): void => {
    this.#close('age')
  }

  /** Both sides get a Close of their own, between two frames, and some time to answer it (RFC 6455 section 7.1.2). */
  #close(end: keyof typeof REASONS): void {
    if (this.#closing || this.#open < 2) return
    this.#closing = true
    this.#end ??= end
    this.#stopTimers()
    const { clock, random } = this.#exchange.services
    this.#cancelWait = clock.after(CLOSE_WAIT_MS, () => this.destroy())
    if (this.#fromClient.frames.isLost || this.#fromUpstream.frames.isLost) {
      // Whatever is spoken here, it is no WebSocket: its ends can only be hung up on.
      this.#client.end()
      this.#upstream.end()
      return
    }
    this.#fromUpstream.finish(closeFrame(GOING_AWAY, REASONS[end], null))
    this.#fromClient.finish(closeFrame(GOING_AWAY, REASONS[end], Buffer.from(random.id().slice(0, 8), 'hex')))
  }

  /** A side is let go when a Close has passed both to and from it. */
  #endAnswered(): void {
    if (!this.#closing) return
    if (this.#fromUpstream.finished && this.#fromClient.frames.hasClosed) this.#client.end()
    if (this.#fromClient.finished && this.#fromUpstream.frames.hasClosed) this.#upstream.end()
  }

  readonly #onError = (): void => {
    this.#end ??= 'error'
  }

  readonly #onClientClose = (): void => {
    this.#end ??= 'client'
    if (!this.#closing || !this.#fromClient.finished) this.#upstream.destroy()
    this.#closed()
  }

  readonly #onUpstreamClose = (): void => {
    this.#end ??= 'upstream'
    // What the upstream sent before it closed must still reach the client.
    if (!this.#closing || !this.#fromUpstream.finished) {
      hurry(this.#client)
      if (!this.#client.writableEnded) this.#client.end()
    }
    this.#closed()
  }

  #closed(): void {
    if (--this.#open > 0) return
    this.#stopTimers()
    this.#cancelWait?.()
    const exchange = this.#exchange
    const end = this.#end ?? 'error'
    exchange.decision.requestBytes = this.#fromClient.bytes
    exchange.decision.responseBytes = this.#fromUpstream.bytes
    exchange.decision.ended = end
    exchange.services.streams.remove(this, end)
    this.#settle()
    exchange.complete()
  }

  #stopTimers(): void {
    this.#cancelIdle?.()
    this.#cancelAge?.()
    this.#cancelIdle = null
    this.#cancelAge = null
  }
}

/** A peer that never answers the end of its tunnel would hold both connections for good. Bytes that still flow count as life. */
function hurry(socket: Duplex): void {
  if (socket instanceof Socket)
    socket.setTimeout(LINGER_MS, () => {
      socket.destroy()
    })
}
