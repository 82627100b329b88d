import { STATUS_CODES } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Exchange } from './exchange.ts'
import { fieldValue, removeField } from './header-fields.ts'
import { RESPONSE_DROP } from './hop-by-hop.ts'
import type { AttemptControl } from './ports.ts'
import { closesAfter } from './problem.ts'
import { clientHeaders, endToEndFields } from './response-head.ts'

/** Told when the head of an answer cannot be written; an error is to be sent in its place. */
export interface RelayOwner {
  onUnwritableHead(error: unknown): void
  /** The head has left, and the rest of the answer has yet to come. */
  onStreaming(headers: readonly string[]): void
}

const NOTHING = Buffer.alloc(0)

/**
 * Carries one upstream answer to the client: a small answer leaves in one write, anything else streams with back-pressure.
 * The head waits only until the end of the current turn of the event loop, in case the whole answer has already arrived.
 */
export class Relay {
  readonly #exchange: Exchange
  readonly #control: AttemptControl
  readonly #owner: RelayOwner
  #status = 0
  #statusText = ''
  #fields: string[] = []
  #received = 0
  /** The only piece of the body so far, while the head is still held back. */
  #held: Buffer | null = null
  #headSent = false
  #discarded = false
  #listensForDrain = false

  constructor(exchange: Exchange, control: AttemptControl, owner: RelayOwner) {
    this.#exchange = exchange
    this.#control = control
    this.#owner = owner
  }

  get headSent(): boolean {
    return this.#headSent
  }

  /** @param isWhole Whether `end` is called before anything else happens. @throws what a plugin's response edit throws. */
  head(status: number, statusText: string, headers: string[], isWhole: boolean): void {
    this.#status = status
    this.#statusText = statusText
    this.#fields = clientHeaders(this.#exchange, status, headers, mayHaveTrailers(this.#exchange, status, headers))
    this.#exchange.decision.status = status
    if (!isWhole) this.#exchange.services.defer(flushHead, this)
  }

  data(chunk: Buffer): void {
    this.#received += chunk.length
    if (!this.#headSent) {
      if (this.#held === null) {
        this.#held = chunk
        return
      }
      this.flush()
      if (!this.#headSent) return
    }
    this.#write(chunk)
  }

  end(trailers: readonly string[]): void {
    const { response, decision } = this.#exchange
    decision.responseBytes = this.#received
    if (this.#headSent) {
      if (trailers.length > 0) addTrailers(response, trailers)
      response.end()
    } else if (this.#writeHead()) {
      if (trailers.length > 0) addTrailers(response, trailers)
      this.#endWith(this.#held)
    }
  }

  #endWith(body: Buffer | null): void {
    const { response } = this.#exchange
    if (body === null) response.end()
    else if (body.length <= ONE_WRITE_BYTES) {
      response.end(body.toString('latin1'), 'latin1')
      if (body.length > NEVER_LENT_BYTES) this.#control.release(body)
    } else {
      response.end(body, this.#onLeft(body))
    }
  }

  /** Forgets an answer whose head has not left yet, so that an error can be sent in its place. */
  discard(): void {
    this.#discarded = true
    this.#held = null
  }

  /** Writes the head, and what is held of the body. */
  flush(): void {
    if (this.#headSent || this.#discarded || !this.#writeHead()) return
    this.#owner.onStreaming(this.#fields)
    const held = this.#held
    this.#held = null
    // Not `flushHeaders`, which writes the head as UTF-8 and so changes field bytes above 0x7f.
    this.#write(held ?? NOTHING)
  }

  /** Node checks the fields here; what a plugin made of them may be wrong, and nobody would catch that. */
  #writeHead(): boolean {
    const { response } = this.#exchange
    if (closesAfter(this.#exchange)) response.shouldKeepAlive = false
    try {
      response.writeHead(this.#status, this.#statusText, this.#fields)
      this.#headSent = true
      return true
    } catch (error) {
      this.discard()
      this.#owner.onUnwritableHead(error)
      return false
    }
  }

  /** The upstream broke off in the middle: the client must be able to tell (RFC 9112 section 8), so its connection is cut. */
  cut(): void {
    this.#exchange.decision.responseBytes = this.#received
    this.#exchange.response.destroy()
  }

  #write(chunk: Buffer): void {
    const { response, decision } = this.#exchange
    decision.responseBytes = this.#received
    if (response.write(chunk, this.#onLeft(chunk))) return
    this.#control.pause()
    if (this.#listensForDrain) return
    this.#listensForDrain = true
    response.on('drain', () => this.#control.resume())
  }

  /**
   * A connection without TLS has given up all that waits when it tells of an error: its handle was closed before. What encryption and
   * multiplexing still have then is their matter.
   */
  #onLeft(chunk: Buffer): (error?: Error | null) => void {
    return (error) => {
      if (error === undefined || error === null || isPlain(this.#exchange)) this.#control.release(chunk)
    }
  }
}

/** By the connection itself: the scheme may be what a trusted proxy tells of its own client. */
function isPlain({ raw }: Exchange): boolean {
  return raw.httpVersionMajor === 1 && (raw.socket as Partial<TLSSocket>).encrypted !== true
}

function flushHead(relay: Relay): void {
  relay.flush()
}

/**
 * A body up to this size is handed to Node as a latin1 string, byte for byte the same: Node joins it with the head into one write,
 * where a Buffer would be a second piece and a `writev`; the figures are in docs/performance.md.
 */
const ONE_WRITE_BYTES = 16 * 1024

/** An answer as small as that came by a read that was copied: there is nothing to look for. */
const NEVER_LENT_BYTES = 4 * 1024

/**
 * Trailers need chunked coding on both sides (RFC 9110 section 6.5). Node throws for a `Trailer` field in any other answer, where
 * nothing would catch it.
 */
function mayHaveTrailers(exchange: Exchange, status: number, headers: readonly string[]): boolean {
  return (
    fieldValue(headers, 'content-length') === undefined &&
    fieldValue(headers, 'transfer-encoding') !== undefined &&
    exchange.raw.httpVersion !== '1.0' &&
    exchange.decision.method !== 'HEAD' &&
    status !== 204 &&
    status !== 304
  )
}

/** Fields that frame or steer a message mean nothing after it (RFC 9110 section 6.5.1). */
const NO_TRAILERS: ReadonlySet<string> = new Set([...RESPONSE_DROP, 'trailer', 'content-length', 'set-cookie'])

function addTrailers(response: Exchange['response'], trailers: readonly string[]): void {
  const pairs: [string, string][] = []
  for (let i = 0; i < trailers.length; i += 2) {
    const name = trailers[i] as string
    if (!NO_TRAILERS.has(name.toLowerCase())) pairs.push([name, trailers[i + 1] as string])
  }
  response.addTrailers(pairs)
}

/**
 * An interim answer of the upstream (RFC 9110 section 15.2), written as it came: Node's own `writeEarlyHints` refuses some valid
 * links. Only when the client's socket belongs to this answer already; behind a pipelined one it is left out.
 */
export function relayInformation(exchange: Exchange, status: number, headers: string[]): void {
  const { response } = exchange
  if (response.headersSent || exchange.raw.httpVersion === '1.0') return
  const fields = endToEndFields(headers, false)
  // It has no content (RFC 9110 section 15.2); a client that believed a length would take the next head for it.
  removeField(fields, 'content-length')
  if (response.writeInterim !== undefined) return response.writeInterim(status, fields)
  if (response.socket === null) return
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
  for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`
  response.socket.write(`${head}\r\n`, 'latin1')
}
