import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ErrorCode } from '../errors.ts'
import { attachExchange, exchangeOf } from '../generation/exchange-slot.ts'
import type { Generation } from '../generation/generation.ts'
import { STANDARD_METHODS } from '../generation/route-app.ts'
import { Exchange, type ExchangeFacts, type ExchangeRefusal } from '../proxy/exchange.ts'
import type { ClientResponse } from '../proxy/client-response.ts'
import { forward } from '../proxy/forward.ts'
import { joinedValue } from '../proxy/header-fields.ts'
import { answerOptions } from '../proxy/options.ts'
import { sendProblem } from '../proxy/problem.ts'
import type { RouteRuntime } from '../proxy/route-runtime.ts'
import { hasBody } from '../proxy/upstream-request.ts'
import { EarlyBytes } from '../proxy/websocket-early-bytes.ts'
import { handshakeFault } from '../proxy/websocket-handshake.ts'
import type { OverloadGuard } from './overload.ts'
import { clientAddress, peerOf, type TrustCheck } from './peer.ts'
import { hostOf } from './authority.ts'
import { checkRawRequest } from './raw-checks.ts'
import { parseTargetOf, type RequestTarget } from './request-target.ts'

/** What the front door needs of the configuration that is current when a request arrives. */
export interface Doorway {
  readonly generation: Generation
  readonly trusts: TrustCheck
  /** Null when nothing is ever refused for the gateway's own load. */
  readonly overload: OverloadGuard | null
  readonly onShed: () => void
}

export interface Arrival {
  readonly request: IncomingMessage
  readonly response: ClientResponse
  readonly listener: string
  readonly scheme: 'http' | 'https'
  readonly expectsContinue: boolean
  readonly upgrade: { readonly socket: Duplex; readonly head: Buffer } | null
}

const NO_TARGET: RequestTarget = {
  path: '/',
  rawPath: '/',
  query: '',
  hasQuery: false,
  authority: null,
  scheme: null,
  isServer: false,
  hasEncodedSlash: false
}

/**
 * Where every request enters: refuses what must not be routed, finds the route, and hands the request to the Fastify app of the
 * generation that is current now and stays the request's own to the end.
 */
export function enter(doorway: Doorway, arrival: Arrival): void {
  const { generation } = doorway
  const { request } = arrival
  const target = parseTargetOf(request.method ?? '', request.url ?? '')
  const facts = readFacts(doorway, arrival, typeof target === 'string' ? NO_TARGET : target)
  const exchange = new Exchange(request, arrival.response, facts, generation.unmatched, generation.services)
  open(exchange, generation, arrival)
  if (doorway.overload !== null && doorway.overload.isOverloaded()) return shed(exchange, doorway, doorway.overload)
  const refusal = checkRawRequest(request, generation.plan.limits) ?? checkSizes(request, generation)
  if (refusal !== null) return refuse(exchange, refusal.code, refusal.detail)
  if (typeof target === 'string') return refuse(exchange, 'SP_BAD_REQUEST', target)
  if (target.scheme === 'https' && isInsecure(exchange)) return refuse(exchange, 'SP_BAD_REQUEST', 'an https target over a connection without TLS')
  // Node hands over the bytes after such a head unparsed: nobody could tell a body from the first bytes of the tunnel.
  if (arrival.upgrade !== null) {
    const fault = hasBody(request.headers) ? 'an upgrade with a body' : handshakeFault(request.headers)
    if (fault !== null) return refuse(exchange, 'SP_BAD_REQUEST', fault)
  }
  if (target.isServer && request.method === 'OPTIONS') return answerOptions(exchange, STANDARD_METHODS)
  route(exchange, generation)
}

/** Only a trusted proxy may say that TLS ended before us (RFC 9110 section 7.4). */
function isInsecure({ facts }: Exchange): boolean {
  return facts.scheme === 'http' && !facts.peer.trusted
}

function readFacts(doorway: Doorway, arrival: Arrival, target: RequestTarget): ExchangeFacts {
  const { request } = arrival
  const peer = peerOf(request, doorway.trusts)
  const authority = target.authority ?? request.headers.host ?? ''
  return {
    path: target.path,
    rawPath: target.rawPath,
    query: target.query,
    hasQuery: target.hasQuery,
    hasEncodedSlash: target.hasEncodedSlash,
    authority,
    host: hostOf(authority),
    scheme: arrival.scheme,
    clientIp: peer.trusted ? clientAddress(peer, joinedValue(request.rawHeaders, 'x-forwarded-for'), doorway.trusts) : peer.address,
    peer,
    listener: arrival.listener
  }
}

/** From here on the exchange completes exactly once, however it ends. */
function open(exchange: Exchange, generation: Generation, arrival: Arrival): void {
  generation.enter()
  attachExchange(arrival.request, exchange)
  exchange.expectsContinue = arrival.expectsContinue
  exchange.isSilent = arrival.request.readableEnded && arrival.request.httpVersionMajor === 1
  if (arrival.upgrade !== null) {
    const { socket, head } = arrival.upgrade
    exchange.upgrade = { token: 'websocket', socket, early: new EarlyBytes(socket, head) }
  }
  arrival.response.on('close', onClose)
}

/** One function for all responses: a closure for each would be garbage for each. */
function onClose(this: ServerResponse): void {
  const exchange = exchangeOf(this.req)
  if (exchange.tunnelled) return
  exchange.upgrade?.early.drop()
  if (!this.writableFinished) {
    exchange.decision.clientAborted = exchange.decision.code === null
    exchange.onClientGone?.()
  }
  if (exchange.isSilent && exchange.runtime.hasPlugins) tellEnd(exchange.raw, !this.writableFinished)
  exchange.complete()
}

/** Fastify and its plugins listen for the end of a message (`onRequestAbort`), of which Node says nothing where it has no body (`optimizeEmptyRequests`). */
function tellEnd(request: IncomingMessage, isAborted: boolean): void {
  // oxlint-disable-next-line typescript/no-deprecated -- by this Fastify knows an end from a client that went
  request.aborted = isAborted
  request.emit('close')
}

function checkSizes(request: IncomingMessage, generation: Generation): { code: ErrorCode; detail: string } | null {
  const { limits } = generation.plan
  if ((request.url ?? '').length > limits.maxUrlBytes) {
    return { code: 'SP_URI_TOO_LONG', detail: `longer than ${limits.maxUrlBytes} bytes` }
  }
  const length = request.headers['content-length']
  if (length !== undefined && Number(length) > limits.maxBodyBytes) {
    return { code: 'SP_BODY_TOO_LARGE', detail: `larger than ${limits.maxBodyBytes} bytes` }
  }
  return null
}

function route(exchange: Exchange, generation: Generation): void {
  const result = generation.router.match(exchange)
  switch (result.kind) {
    case 'route':
      exchange.params = result.params
      if (exchange.method === 'OPTIONS') exchange.allow = methodsOf(generation, result.id)
      return hand(exchange, generation, generation.route(result.id))
    case 'ambiguous':
      return refuse(exchange, 'SP_BAD_REQUEST', 'the spelling of the path is ambiguous')
    case 'method-not-allowed':
      return refuseMethod(exchange, generation, result.allow)
    case 'not-found':
      exchange.refusal = { code: 'SP_ROUTE_NOT_FOUND' }
      return hand(exchange, generation, generation.unmatched)
  }
}

function methodsOf({ plan }: Generation, id: number): readonly string[] {
  const methods = plan.routes[id]?.match.methods ?? []
  return methods.length === 0 ? STANDARD_METHODS : methods
}

/**
 * A CORS preflight asks for another request: it goes through the chain of that request's route, whose `cors` plugin answers it.
 * Without one it is refused at the end of the chain like any method that the route does not have.
 */
function refuseMethod(exchange: Exchange, generation: Generation, allow: readonly string[]): void {
  exchange.refusal = methodRefusal(allow)
  const wanted = exchange.method === 'OPTIONS' ? exchange.header('access-control-request-method') : undefined
  if (wanted !== undefined && exchange.header('origin') !== undefined) {
    const meant = generation.router.match({
      host: exchange.host,
      path: exchange.path,
      query: exchange.query,
      method: wanted,
      header: (name) => exchange.header(name)
    })
    if (meant.kind === 'route') {
      exchange.params = meant.params
      return hand(exchange, generation, generation.route(meant.id))
    }
  }
  hand(exchange, generation, generation.unmatched)
}

function methodRefusal(allow: readonly string[]): ExchangeRefusal {
  return { code: 'SP_METHOD_NOT_ALLOWED', headers: { allow: allow.join(', ') } }
}

/** Gives the request to the route's chain: to Fastify under the chain's private URL; `genReqId` puts the message's own URL back. */
function hand(exchange: Exchange, generation: Generation, runtime: RouteRuntime): void {
  exchange.runtime = runtime
  if (exchange.facts.hasEncodedSlash && !runtime.allowEncodedSlash) {
    return refuse(exchange, 'SP_BAD_REQUEST', 'the path holds an encoded slash, which this route does not allow')
  }
  if (runtime.id === -1 && !STANDARD_METHODS.includes(exchange.method)) {
    return sendProblem(exchange, exchange.refusal?.code ?? 'SP_ROUTE_NOT_FOUND', exchange.refusal ?? {})
  }
  // Without plugins there is nothing in a Fastify context that could have a say.
  if (!runtime.hasPlugins) return forward(exchange)
  exchange.raw.url = exchange.facts.hasQuery ? `${runtime.entry}?${exchange.facts.query}` : runtime.entry
  generation.app.routing(exchange.raw, exchange.response)
}

/** The cheapest answer there is; the connection stays, opening another one would cost more. */
function shed(exchange: Exchange, { onShed }: Doorway, { plan }: OverloadGuard): void {
  onShed()
  sendProblem(exchange, 'SP_OVERLOADED', { headers: { 'retry-after': String(plan.retryAfterSeconds) } })
}

/** Refusals of the front door itself: no plugin sees the request, and its connection is not trusted any further. */
function refuse(exchange: Exchange, code: ErrorCode, detail: string): void {
  sendProblem(exchange, code, { detail, close: true })
}

/**
 * The connection brought bytes that are no HTTP while an answer was due. In the middle of the request's body that is the client's own fault:
 * its upstream is let go. Behind a whole request it is none of that request's business: it is answered, as the last one of its connection
 * (RFC 9112 section 9.6 has what follows `Connection: close` ignored).
 */
export function breakOff(response: ServerResponse): void {
  const exchange = exchangeOf(response.req)
  if (exchange.raw.complete) return close(response)
  exchange.onClientGone?.()
  if (response.headersSent) response.destroy()
  else refuse(exchange, 'SP_BAD_REQUEST', 'the body is malformed')
}

/** The client does not read its answer, which is broken off: said in the log with the status that was sent. */
export function stalled(response: ServerResponse): void {
  exchangeOf(response.req).decision.code = 'SP_CLIENT_STALLED'
}

/** When the answer is out; a head that has left already may have promised more. */
function close(response: ServerResponse): void {
  const { socket } = response.req
  response.shouldKeepAlive = false
  response.once('finish', () => socket.end())
}
