import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Clock, Consumer, GatewayRequest, Random } from '../plugin-api/index.ts'
import type { ErrorCode, GatewayError } from '../errors.ts'
import type { ClientResponse } from './client-response.ts'
import { createDecision, type Decision } from './decision.ts'
import { checkField, joinedValue } from './header-fields.ts'
import type { OpenStreams } from './open-streams.ts'
import type { RouteRuntime } from './route-runtime.ts'
import type { Sweep } from './sweep.ts'
import type { EarlyBytes } from './websocket-early-bytes.ts'

/** Where the request came from. */
export interface Peer {
  /** The address on the other end of the socket. */
  readonly address: string
  /** Whether that address may speak for others (`trustedProxies`). */
  readonly trusted: boolean
  readonly localPort: number
}

/** What the front door found out about a request before any routing. */
export interface ExchangeFacts {
  readonly path: string
  readonly rawPath: string
  readonly query: string
  readonly hasQuery: boolean
  readonly hasEncodedSlash: boolean
  /** As sent by the client, with its port; for `hostHeader: preserve`. */
  readonly authority: string
  readonly host: string
  readonly scheme: 'http' | 'https'
  readonly clientIp: string
  readonly peer: Peer
  readonly listener: string
}

/** What a client was too slow with: the head of its request, its body (silent, or below the least rate), the reading of its answer. */
export type ClientTimeout = 'headers' | 'body' | 'upload-rate' | 'write-stall'

/** What an exchange needs of the generation that it belongs to. */
export interface ExchangeServices {
  readonly clock: Clock
  readonly random: Random
  readonly generation: string
  /** Runs it at the end of the current turn of the event loop. */
  readonly defer: <T>(run: (value: T) => void, value: T) => void
  /** Called exactly once, when everything about the request is known. */
  readonly onComplete: (exchange: Exchange) => void
  /** Looks at bodies that are on their way. */
  readonly sweep: Sweep
  /** The client was too slow. */
  readonly onClientTimeout: (kind: ClientTimeout) => void
  /** Where WebSockets and event streams are found when they have to end. */
  readonly streams: OpenStreams
  /** Tells the operator of something that went wrong with this request. */
  readonly onTrouble: (exchange: Exchange, message: string, kind: string, error: Error) => void
}

export interface ExchangeRefusal {
  readonly code: ErrorCode
  readonly detail?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A change of the request that goes upstream. */
export interface HeaderEdit {
  readonly kind: 'set' | 'add' | 'remove'
  readonly name: string
  readonly lowerName: string
  readonly value: string
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({})

/** One request and its answer, from the front door to the completed decision. */
export class Exchange implements GatewayRequest {
  readonly raw: IncomingMessage
  readonly response: ClientResponse
  readonly facts: ExchangeFacts
  readonly services: ExchangeServices
  readonly decision: Decision
  runtime: RouteRuntime
  params: Readonly<Record<string, string>> = NO_PARAMS
  consumer: Consumer | null = null
  claims: Readonly<Record<string, unknown>> | null = null
  /** What authentication plugins have said, where more than one of them counts. */
  authentication: { accepted: boolean; readonly refusals: { readonly reason: 'missing' | 'invalid'; readonly error: GatewayError }[] } | null = null
  edits: HeaderEdit[] | null = null
  /** The Fastify reply, once plugins may have set response fields on it. */
  reply: FastifyReply | null = null
  /** What `consistent-hash` hashes of this request; set before an endpoint is picked. */
  hashKey: string | null = null
  /** `Set-Cookie` of the gateway's own for the answer. */
  setCookie: string | null = null
  /** Set while an attempt runs: called when the client has gone. */
  onClientGone: (() => void) | null = null
  /** The client's socket and what it sends before the answer, for an upgrade. */
  upgrade: { readonly token: string; readonly socket: Duplex; readonly early: EarlyBytes } | null = null
  /** What the request is answered with instead of being forwarded, once the plugins of its route have run. */
  refusal: ExchangeRefusal | null = null
  /** The methods that the route serves, for an OPTIONS request that may end here. */
  allow: readonly string[] = []
  /** Of this request's body, when a plugin lowered the limit; null for that of the configuration. */
  maxBodyBytes: number | null = null
  /** The client waits for 100 Continue before it sends the body. */
  expectsContinue = false
  /** The request came without a body, and Node says nothing more of its message. */
  isSilent = false
  /** The sockets were joined after a 101; the response object is not used any more. */
  tunnelled = false
  completed = false
  #id: string | null = null
  /** What plugins wait to do at the end; null for nothing. */
  #atEnd: (() => void)[] | null = null

  constructor(raw: IncomingMessage, response: ClientResponse, facts: ExchangeFacts, route: RouteRuntime, services: ExchangeServices) {
    this.raw = raw
    this.response = response
    this.facts = facts
    this.runtime = route
    this.services = services
    this.decision = createDecision(raw.method ?? '', services.clock.now())
  }

  get id(): string {
    this.#id ??= this.services.random.id()
    return this.#id
  }

  set id(id: string) {
    this.#id = id
  }

  get route(): RouteRuntime['names'] {
    return this.runtime.names
  }
  /** The message's URL as hooks of Fastify plugins see it: canonical path and query. */
  get url(): string {
    return this.facts.hasQuery ? `${this.facts.path}?${this.facts.query}` : this.facts.path
  }
  get path(): string {
    return this.facts.path
  }
  get query(): string {
    return this.facts.query
  }
  get rawTarget(): string {
    return this.facts.hasQuery ? `${this.facts.rawPath}?${this.facts.query}` : this.facts.rawPath
  }
  get authority(): string {
    return this.facts.authority
  }
  get host(): string {
    return this.facts.host
  }
  get scheme(): 'http' | 'https' {
    return this.facts.scheme
  }
  get clientIp(): string {
    return this.facts.clientIp
  }
  get method(): string {
    return this.decision.method
  }

  header(name: string): string | undefined {
    return joinedValue(this.raw.rawHeaders, name)
  }

  setRequestHeader(name: string, value: string): void {
    this.#edit('set', name, value)
  }

  addRequestHeader(name: string, value: string): void {
    this.#edit('add', name, value)
  }

  removeRequestHeader(name: string): void {
    this.#edit('remove', name, '')
  }

  limitBody(bytes: number): void {
    if (this.maxBodyBytes === null || bytes < this.maxBodyBytes) this.maxBodyBytes = bytes
  }

  onComplete(run: () => void): void {
    if (this.completed) this.#runAtEnd(run)
    else (this.#atEnd ??= []).push(run)
  }

  log(message: string, kind: string, error: Error): void {
    this.services.onTrouble(this, message, kind, error)
  }

  /** Invites the body when the client waits for that (RFC 9110 section 10.1.1). */
  continueIfExpected(): void {
    if (!this.expectsContinue) return
    this.expectsContinue = false
    const { response } = this
    if (response.headersSent) return
    // Behind another answer Node would keep it, and put the final head before it later on.
    if (this.raw.httpVersionMajor === 1 && response.socket === null) response.once('socket', () => this.#writeContinue())
    else this.#writeContinue()
  }

  #writeContinue(): void {
    if (!this.response.headersSent) this.response.writeContinue()
  }

  /** Ends the exchange once; later calls do nothing. */
  complete(): void {
    if (this.completed) return
    this.completed = true
    this.decision.endedMs = this.services.clock.now()
    if (this.#atEnd !== null) for (const run of this.#atEnd) this.#runAtEnd(run)
    this.services.onComplete(this)
  }

  /** One that fails must not keep the others from their end, nor the request from its log line. */
  #runAtEnd(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.log('plugin failed at the end of a request', 'SP_PLUGIN_FAILED', error instanceof Error ? error : new Error(String(error)))
    }
  }

  #edit(kind: HeaderEdit['kind'], name: string, value: string): void {
    checkField(name, value)
    this.edits ??= []
    this.edits.push({ kind, name, lowerName: name.toLowerCase(), value })
  }
}
