import type { Exchange } from './exchange.ts'
import { fieldValue } from './header-fields.ts'
import type { AttemptControl } from './ports.ts'
import { clientHeaders } from './response-head.ts'

/** How the head says the body will be delimited (RFC 9112 section 6.3). */
function declaredLength (headers: readonly string[]): number {
  const length = fieldValue(headers, 'content-length')
  return length === undefined ? -1 : Number(length)
}

/**
 * Carries one upstream answer to the client: a small answer leaves in one write, anything else streams with back-pressure.
 * The head waits only until the end of the current turn of the event loop, in case the whole answer has already arrived.
 */
export class Relay {
  readonly #exchange: Exchange
  readonly #control: AttemptControl
  #status = 0
  #statusText = ''
  #fields: string[] = []
  #length = -1
  #received = 0
  /** The only piece of the body so far, while the head is still held back. */
  #held: Buffer | null = null
  #headSent = false
  #discarded = false
  #listensForDrain = false

  constructor (exchange: Exchange, control: AttemptControl) {
    this.#exchange = exchange
    this.#control = control
  }

  get headSent (): boolean {
    return this.#headSent
  }

  /** @throws what a plugin's response edit throws. */
  head (status: number, statusText: string, headers: string[]): void {
    const chunked = fieldValue(headers, 'transfer-encoding') !== undefined
    this.#status = status
    this.#statusText = statusText
    this.#length = declaredLength(headers)
    this.#fields = clientHeaders(this.#exchange, status, headers, chunked)
    this.#exchange.decision.status = status
    process.nextTick(flushHead, this)
  }

  data (chunk: Buffer): void {
    this.#received += chunk.length
    if (!this.#headSent) {
      if (this.#held === null) {
        this.#held = chunk
        return
      }
      this.flush()
    }
    this.#write(chunk)
  }

  end (trailers: readonly string[]): void {
    const { response, decision } = this.#exchange
    decision.responseBytes = this.#received
    if (!this.#headSent) {
      this.#headSent = true
      response.writeHead(this.#status, this.#statusText, this.#fields)
      if (trailers.length > 0) addTrailers(response, trailers)
      if (this.#held === null) response.end()
      else response.end(this.#held)
      return
    }
    if (trailers.length > 0) addTrailers(response, trailers)
    response.end()
  }

  /** Whether everything that the head promised has been passed on. */
  get isComplete (): boolean {
    return this.#length !== -1 && this.#received === this.#length
  }

  /** Forgets an answer whose head has not left yet, so that an error can be sent in its place. */
  discard (): void {
    this.#discarded = true
    this.#held = null
  }

  /** Writes the head, and what is held of the body. */
  flush (): void {
    if (this.#headSent || this.#discarded) return
    this.#headSent = true
    const { response } = this.#exchange
    response.writeHead(this.#status, this.#statusText, this.#fields)
    const held = this.#held
    this.#held = null
    if (held !== null) this.#write(held)
    else response.flushHeaders()
  }

  /** The upstream broke off in the middle: the client must be able to tell (RFC 9112 section 8), so its connection is cut. */
  cut (): void {
    this.#exchange.decision.responseBytes = this.#received
    this.#exchange.response.destroy()
  }

  #write (chunk: Buffer): void {
    const { response, decision } = this.#exchange
    decision.responseBytes = this.#received
    if (response.write(chunk)) return
    this.#control.pause()
    if (this.#listensForDrain) return
    this.#listensForDrain = true
    response.on('drain', () => this.#control.resume())
  }
}

function flushHead (relay: Relay): void {
  relay.flush()
}

function addTrailers (response: Exchange['response'], trailers: readonly string[]): void {
  const pairs: [string, string][] = []
  for (let i = 0; i < trailers.length; i += 2) pairs.push([trailers[i] as string, trailers[i + 1] as string])
  response.addTrailers(pairs)
}

/** An interim answer of the upstream (RFC 9110 section 15.2). Node can write 103 with any fields and 102. */
export function relayInformation (exchange: Exchange, status: number, headers: readonly string[]): void {
  const { response } = exchange
  if (response.headersSent || exchange.raw.httpVersionMinor === 0) return
  if (status === 102) response.writeProcessing()
  else if (status === 103) {
    const hints: Record<string, string | string[]> = {}
    for (let i = 0; i < headers.length; i += 2) {
      const name = (headers[i] as string).toLowerCase()
      const before = hints[name]
      const value = headers[i + 1] as string
      hints[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value]
    }
    if (hints.link !== undefined) response.writeEarlyHints(hints as { link: string })
  }
}

