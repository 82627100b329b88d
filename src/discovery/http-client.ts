import { readFileSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { Pool } from 'undici'
import type { TlsPlan } from '../config/plan.ts'
import type { Clock } from '../plugin-api/index.ts'
import { tlsOptions } from '../upstream/tls-options.ts'

export interface HttpClientOptions {
  /** Origins, or urls whose path goes before that of each request. The one that answered last is asked first. */
  readonly addresses: readonly string[]
  readonly tls: TlsPlan | null
  readonly clock: Clock
  /** Connections at a time to one address; null for no limit. */
  readonly maxConnections?: number | null
  /** Asked before every request. */
  readonly headers?: () => Readonly<Record<string, string>>
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PUT'
  /** Path and query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Time for the whole answer; of a stream, for its head. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case; of several fields of one name the first. */
  header(name: string): string | null
  readonly text: string
  /** @throws Error when the body is not JSON */
  json(): unknown
}

export interface LineStream {
  /** Called with each line of the body, without its end; a last line without an end counts. */
  readonly onLine: (line: string) => void
  /** Longest silence, ms. */
  readonly idleMs: number
}

/** What providers that speak HTTP share: several addresses, TLS, tokens, time limits. */
export interface HttpClient {
  /** @throws Error in words for an operator: refused connection, time limit, abort. Any status is an answer. */
  request(request: HttpRequest): Promise<HttpAnswer>
  /** Reads an answer line by line until it ends; resolves to its status. Lines are told for 200 alone; otherwise `text` is the body. */
  lines(request: HttpRequest, stream: LineStream): Promise<{ readonly status: number; readonly text: string }>
  /** Ends everything that is running and closes the connections. */
  close(): void
}

/** More than any registry answers in earnest. */
const MAX_BODY_BYTES = 64 * 1024 * 1024

interface Address {
  readonly pool: Pool
  readonly origin: string
  /** Goes before the path of each request. */
  readonly prefix: string
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  return new Client(options)
}

class Client implements HttpClient {
  readonly #options: HttpClientOptions
  readonly #addresses: readonly Address[]
  #current = 0

  constructor(options: HttpClientOptions) {
    this.#options = options
    this.#addresses = options.addresses.map((address) => {
      const url = new URL(address)
      const connect = { ...tlsOptions(options.tls), timeout: 5000 }
      const pool = new Pool(url.origin, {
        connect,
        allowH2: false,
        pipelining: 1,
        connections: options.maxConnections ?? null,
        // Limits are ours: a blocking query is silent for as long as it was asked to be.
        headersTimeout: 0,
        bodyTimeout: 0
      })
      return { pool, origin: url.origin, prefix: url.pathname.replace(/\/$/, '') }
    })
  }

  async request(request: HttpRequest): Promise<HttpAnswer> {
    return this.#send(request, async (body, status, header, limit) => {
      const text = await readAll(body)
      limit.cancel()
      return { status, header, text, json: () => parseJson(text) }
    })
  }

  async lines(request: HttpRequest, { onLine, idleMs }: LineStream): Promise<{ readonly status: number; readonly text: string }> {
    return this.#send(request, async (body, status, _header, limit) => {
      if (status !== 200) return { status, text: await readAll(body) }
      const decoder = new StringDecoder('utf8')
      let rest = ''
      limit.restart(idleMs, `silent for ${idleMs} ms`)
      for await (const chunk of body) {
        limit.restart(idleMs, `silent for ${idleMs} ms`)
        const pieces = (rest + decoder.write(chunk as Buffer)).split('\n')
        rest = pieces.pop() ?? ''
        if (rest.length > MAX_BODY_BYTES) throw new Error('a line of the answer is too long')
        for (const line of pieces) onLine(line)
      }
      if (rest !== '') onLine(rest)
      return { status, text: '' }
    })
  }

  close(): void {
    const closed = new Error('closed')
    for (const { pool } of this.#addresses) void pool.destroy(closed).catch(() => {})
  }

  async #send<T>(
    request: HttpRequest,
    read: (body: AsyncIterable<unknown>, status: number, header: (name: string) => string | null, limit: Limit) => Promise<T>
  ): Promise<T> {
    const index = this.#current
    const { pool, origin, prefix } = this.#addresses[index] as Address
    const limit = new Limit(this.#options.clock, request.signal)
    limit.restart(request.timeoutMs, `no answer within ${request.timeoutMs} ms`)
    try {
      const answer = await pool.request({
        method: request.method ?? 'GET',
        path: prefix + request.path,
        headers: {
          accept: 'application/json',
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...this.#options.headers?.(),
          ...request.headers
        },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal: limit.signal
      })
      // What undici says of an abort while nobody reads the body.
      answer.body.on('error', () => {})
      const header = (name: string): string | null => {
        const value = answer.headers[name]
        return (Array.isArray(value) ? value[0] : value) ?? null
      }
      // A server that fails is no better than one that cannot be reached.
      if (answer.statusCode >= 500) this.#giveUp(index)
      return await read(answer.body, answer.statusCode, header, limit)
    } catch (error) {
      if (request.signal?.aborted !== true) this.#giveUp(index)
      throw new Error(`${origin}: ${limit.reason ?? reasonOf(error)}`, { cause: error })
    } finally {
      limit.cancel()
    }
  }

  /** The next one is asked from now on, unless somebody has moved on already. */
  #giveUp(index: number): void {
    if (this.#current === index) this.#current = (index + 1) % this.#addresses.length
  }
}

/** A time limit under the gateway's clock, and the caller's own signal. */
class Limit {
  readonly #clock: Clock
  readonly #abort = new AbortController()
  readonly #outer: AbortSignal | undefined
  #cancelTimer: (() => void) | null = null
  #reason: string | null = null

  constructor(clock: Clock, outer: AbortSignal | undefined) {
    this.#clock = clock
    this.#outer = outer
    if (outer?.aborted === true) this.#abort.abort()
    outer?.addEventListener('abort', this.#onOuter)
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Set when the limit was what ended the request. */
  get reason(): string | null {
    return this.#reason
  }

  restart(ms: number, reason: string): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.#clock.after(ms, () => {
      this.#reason = reason
      this.#abort.abort()
    })
  }

  cancel(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#outer?.removeEventListener('abort', this.#onOuter)
  }

  readonly #onOuter = (): void => this.#abort.abort()
}

async function readAll(body: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += (chunk as Buffer).length
    if (size > MAX_BODY_BYTES) throw new Error('the answer is too large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`expected JSON, got ${JSON.stringify(text.slice(0, 60))}`)
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Several addresses of one name were tried.
  const inner = error instanceof AggregateError ? (error.errors.at(-1) as unknown) : null
  return inner instanceof Error ? inner.message : error.message
}

/** How long a token that was read from a file is used before the file is looked at again. */
const TOKEN_FRESH_MS = 5000

/** The token of a file, read again from time to time. */
export interface TokenFile {
  /** Null when there has never been one. */
  (): string | null
  /** Has the file read again by the next call, because a server refuses the token. */
  expire(): void
}

/**
 * A token that may rotate in its file. An unreadable or empty file keeps the last token: files are replaced, and may be missing for a moment.
 */
export function createTokenFile(path: string, clock: Clock): TokenFile {
  let token: string | null = null
  let readMs = -Infinity
  const current = (): string | null => {
    const now = clock.now()
    if (now - readMs < TOKEN_FRESH_MS) return token
    try {
      const text = readFileSync(path, 'utf8').trim()
      if (text === '') return token
      token = text
      readMs = now
    } catch {
      // Tried again with the next request.
    }
    return token
  }
  const expire = (): void => {
    readMs = -Infinity
  }
  return Object.assign(current, { expire })
}
