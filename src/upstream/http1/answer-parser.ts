import { type HeadFacts, parseHead, parseTrailers } from './head-parser.ts'
import type { KnownHead } from './known-head.ts'
import { AnswerFault } from './answer-fault.ts'

/** Told of an answer, piece by piece. Each may stop the parser. */
export interface AnswerEvents {
  /** An interim answer; 100 Continue is left out, see `AnswerParser`. */
  onInterim(status: number, fields: string[]): void
  /** @param isWhole Whether the rest of the answer follows at once, in the same turn. */
  onHead(head: HeadFacts, isWhole: boolean): void
  onBody(piece: Buffer): void
  /** @param isPersistent Whether the connection may be used again. */
  onAnswerEnd(trailers: readonly string[], isPersistent: boolean): void
  /** A 101 that was asked for; the bytes behind its head are the other protocol's. */
  onSwitch(fields: string[], rest: Buffer): void
}

/** Where the next byte belongs to. */
const NOTHING = 0
const HEAD = 1
const LENGTH = 2
const UNTIL_CLOSE = 3
const CHUNK_SIZE = 4
const CHUNK_DATA = 5
const CHUNK_END = 6
const TRAILERS = 7

/** A larger head, or trailer section, is the endpoint's fault. */
const MAX_HEAD_BYTES = 64 * 1024
const MAX_CHUNK_LINE_BYTES = 8 * 1024
const MAX_SIZE = Number.MAX_SAFE_INTEGER

const STATUS_LINE_START = 'HTTP/1.'
const END = Buffer.from('\r\n\r\n')
const RETURN = 0x0d
const FEED = 0x0a
const NO_FIELDS: readonly string[] = Object.freeze([])
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
/** RFC 9112 section 7.1, without white space. */
const CHUNK_LINE = new RegExp(
  `^([0-9A-Fa-f]{1,16})(?:;${TOKEN}(?:=(?:${TOKEN}|"(?:[\\t\\x20-\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"))?)*$`
)

/**
 * Reads the answers of one connection, one request at a time (RFC 9112). What could be read in two ways is refused, not repaired: an answer that
 * two readers frame differently is how one client's answer gets to another.
 *
 * Every `100 Continue` is left out: the gateway answers `Expect` by itself and never forwards it, so none was asked for, and RFC 9110 section 15.2 has
 * such an answer ignored.
 */
export class AnswerParser {
  readonly #events: AnswerEvents
  readonly #known: KnownHead
  #state = NOTHING
  /** Of a part that has not come whole. */
  #held: Buffer | null = null
  /** Bytes of it that were looked through: an endpoint that sends one byte at a time must not have them looked through each time. */
  #seen = 0
  /** Bytes that are left of a body or chunk of known length. */
  #left = 0
  #isHead = false
  #isSwitch = false
  #isPersistent = false

  /** @param known Of the same endpoint. */
  constructor(events: AnswerEvents, known: KnownHead) {
    this.#events = events
    this.#known = known
  }

  /** A request is about to be written. @param isSwitch Whether it asks for another protocol. */
  expect(method: string, isSwitch: boolean): void {
    this.#state = HEAD
    this.#held = null
    this.#isHead = method === 'HEAD'
    this.#isSwitch = isSwitch
  }

  /** Nothing is expected any more: bytes are a fault. */
  stop(): void {
    this.#state = NOTHING
    this.#held = null
  }

  /** @throws AnswerFault for what is no answer, or none to this request */
  read(chunk: Buffer): void {
    let bytes = chunk
    if (this.#held !== null) {
      this.#seen = this.#held.length
      bytes = Buffer.concat([this.#held, chunk])
      this.#held = null
    }
    let at = 0
    while (at < bytes.length) {
      const next = this.#step(bytes, at)
      if (next === -1) {
        this.#held = at === 0 ? bytes : bytes.subarray(at)
        return
      }
      at = next
      this.#seen = 0
    }
  }

  /** The endpoint has closed the connection. @returns Whether the answer is whole, which `onAnswerEnd` was told then. */
  close(): boolean {
    if (this.#state !== UNTIL_CLOSE) return false
    this.#isPersistent = false
    this.#end(NO_FIELDS)
    return true
  }

  /** @returns where to go on; -1 when more bytes are needed */
  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case HEAD:
        return this.#readHead(bytes, at)
      case LENGTH:
        return this.#readCounted(bytes, at)
      case UNTIL_CLOSE:
        this.#events.onBody(at === 0 ? bytes : bytes.subarray(at))
        return bytes.length
      case CHUNK_SIZE:
        return this.#readChunkSize(bytes, at)
      case CHUNK_DATA:
        return this.#readCounted(bytes, at)
      case CHUNK_END:
        return this.#readChunkEnd(bytes, at)
      case TRAILERS:
        return this.#readTrailers(bytes, at)
      default:
        throw new AnswerFault('bytes that no request asked for')
    }
  }

  #readHead(bytes: Buffer, from: number): number {
    let start = from
    // RFC 9112 section 2.2 has a server skip an empty line; endpoints send them too.
    while (start < bytes.length && (bytes[start] === RETURN || bytes[start] === FEED)) start++
    const end = sectionEnd(bytes, start, this.#seen, STATUS_LINE_START)
    if (end === -1) return start === bytes.length ? start : -1
    const head = parseHead(bytes, start, end - 2, this.#known)
    if (head.status >= 200) this.#final(head, bytes.length - end)
    else if (head.status === 101 && this.#isSwitch) return this.#switch(head, bytes, end)
    else if (head.status !== 100) this.#events.onInterim(head.status, head.fields)
    return end
  }

  /** @param behind Bytes that have come behind the head. */
  #final(head: HeadFacts, behind: number): void {
    const { status } = head
    this.#isPersistent = head.isPersistent
    if (this.#isHead || status === 204 || status === 304) this.#state = NOTHING
    else if (head.isChunked) this.#state = CHUNK_SIZE
    else if (head.length === null) this.#state = UNTIL_CLOSE
    else {
      this.#left = head.length
      this.#state = head.length === 0 ? NOTHING : LENGTH
    }
    const isEmpty = this.#state === NOTHING
    this.#events.onHead(head, isEmpty || (this.#state === LENGTH && this.#left <= behind))
    if (isEmpty) this.#events.onAnswerEnd(NO_FIELDS, this.#isPersistent)
  }

  /** RFC 9110 section 7.8: a 101 names what it switches to. */
  #switch(head: HeadFacts, bytes: Buffer, end: number): number {
    if (!head.isSwitch) throw new AnswerFault('a switch of protocols without a name')
    this.#state = NOTHING
    this.#events.onSwitch(head.fields, bytes.subarray(end))
    return bytes.length
  }

  #readCounted(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left)
    this.#left -= end - at
    const isLast = this.#left === 0
    const isChunk = this.#state === CHUNK_DATA
    if (isLast) this.#state = isChunk ? CHUNK_END : NOTHING
    this.#events.onBody(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end))
    if (isLast && !isChunk) this.#events.onAnswerEnd(NO_FIELDS, this.#isPersistent)
    return end
  }

  #readChunkSize(bytes: Buffer, at: number): number {
    const feed = bytes.indexOf(FEED, at)
    const length = (feed === -1 ? bytes.length : feed) - at
    if (length > MAX_CHUNK_LINE_BYTES) throw new AnswerFault('a chunk whose size has no end')
    if (feed === -1) {
      checkLine(bytes, at)
      return -1
    }
    if (length === 0 || bytes[feed - 1] !== RETURN) throw new AnswerFault('a line of a chunk that does not end in CR LF')
    const match = CHUNK_LINE.exec(bytes.toString('latin1', at, feed - 1))
    const size = match === null ? Number.NaN : Number.parseInt(match[1] as string, 16)
    // Not a number is no size either.
    if (!(size <= MAX_SIZE)) throw new AnswerFault('a chunk without a size')
    this.#left = size
    this.#state = size === 0 ? TRAILERS : CHUNK_DATA
    return feed + 1
  }

  #readChunkEnd(bytes: Buffer, at: number): number {
    if (bytes[at] !== RETURN || (at + 1 < bytes.length && bytes[at + 1] !== FEED)) throw new AnswerFault('a chunk that is longer than its size')
    if (at + 1 === bytes.length) return -1
    this.#state = CHUNK_SIZE
    return at + 2
  }

  #readTrailers(bytes: Buffer, at: number): number {
    if (bytes[at] === RETURN && (at + 1 === bytes.length || bytes[at + 1] === FEED)) {
      if (at + 1 === bytes.length) return -1
      this.#end(NO_FIELDS)
      return at + 2
    }
    const end = sectionEnd(bytes, at, this.#seen, '')
    if (end === -1) return -1
    const fields = parseTrailers(bytes, at, end - 2)
    this.#end(fields)
    return end
  }

  #end(trailers: readonly string[]): void {
    this.#state = NOTHING
    this.#events.onAnswerEnd(trailers, this.#isPersistent)
  }
}

/**
 * Behind the empty line that ends a head or trailer section; -1 when it has not come yet.
 * @param seen Bytes that were looked through before.
 * @param start What the section begins with.
 */
function sectionEnd(bytes: Buffer, at: number, seen: number, start: string): number {
  const from = Math.max(at, seen - END.length)
  const end = bytes.indexOf(END, from)
  if ((end === -1 ? bytes.length : end) - at > MAX_HEAD_BYTES) throw new AnswerFault('a head without end')
  if (end !== -1) return end + END.length
  const begun = Math.min(start.length, bytes.length - at)
  if (bytes.toString('latin1', at, at + begun) !== start.slice(0, begun)) throw new AnswerFault('the answer is not HTTP/1.1')
  checkLine(bytes, from)
  return -1
}

/** What has come of a part whose end has not: nobody should wait for an end that cannot come (RFC 9112 section 2.2). */
function checkLine(bytes: Buffer, at: number): void {
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === FEED ? bytes[i - 1] !== RETURN : byte === RETURN && i + 1 < bytes.length && bytes[i + 1] !== FEED) {
      throw new AnswerFault('a line that does not end in CR LF')
    }
  }
}
