import { Socket } from 'node:net'
import { buildConnector } from 'undici'
import type { ReadMemory } from './read-memory.ts'

/**
 * Bytes of an answer that may wait before nothing more is read; a single read takes up to 64 KiB, so this is one read. undici's own 64 KiB
 * are up to three, in the memory of a client that does not read.
 */
const READ_AHEAD_BYTES = 16 * 1024

/**
 * Opens connections for a pool whose sockets leave out every `100 Continue` that an endpoint sends. The gateway answers `Expect` by
 * itself and never forwards it, so such an interim answer was not asked for; RFC 9110 section 15.2 has it ignored, but undici
 * takes it for a broken answer and closes the connection.
 * @param memory Null: Node takes new memory for each read.
 */
export function createConnect(options: buildConnector.BuildOptions, memory: ReadMemory | null): buildConnector.connector {
  // undici hands it on to `net.connect`, which its types do not say.
  const withReadAhead = { ...options, highWaterMark: READ_AHEAD_BYTES, ...(memory === null ? {} : { onread: memory.onread }) }
  const connect = buildConnector(withReadAhead)
  return (target, callback) => {
    connect(target, (...result) => {
      const socket = result[1]
      if (socket instanceof Socket) watchSocket(socket)
      callback(...result)
    })
  }
}

/** A larger interim head is handed on as it is; the parser's own limit ends it. */
const MAX_INTERIM_BYTES = 64 * 1024

const CONTINUE = 100
const SWITCHING_PROTOCOLS = 101

/**
 * Leaves out 100 Continue, ends a connection whose answer is no HTTP/1 although undici would take it for that, and notices when a reused
 * connection turns out to be dead. Watches a socket for the moments when an answer's head is due: from the writing of a request's head, which undici does with
 * one string, to the first head that is final. Requests are not pipelined, so there is one answer to watch for at a time. Outside of that a
 * read costs one comparison.
 */
export function watchSocket(socket: Socket): void {
  const filter = new ContinueFilter()
  let heads = 0
  let readBefore = 0
  const write = socket.write.bind(socket) as (...all: unknown[]) => boolean
  const read = socket.read.bind(socket) as (size?: number) => unknown
  socket.write = (chunk: unknown, ...rest: unknown[]): boolean => {
    if (typeof chunk === 'string' && isRequestHead(chunk)) {
      filter.expectHead()
      heads++
      readBefore = socket.bytesRead
    }
    return write(chunk, ...rest)
  }
  socket.read = (size?: number): unknown => {
    const chunk = read(size)
    if (filter.isIdle || !(chunk instanceof Buffer)) return chunk
    const passed = filter.pass(chunk)
    if (filter.fault !== null) socket.destroy(new BrokenHead(filter.fault))
    return passed
  }
  // Before undici's own listener, which hands the same error on to the request.
  socket.on('error', (error) => {
    if (heads > 1 && socket.bytesRead === readBefore) STALE.add(error)
  })
}

/** An answer begins with what undici would take for HTTP/1.1 although it is not. */
export class BrokenHead extends Error {}

/** Errors of connections that had served a request before and broke before a byte of the present answer. */
const STALE = new WeakSet<Error>()

/**
 * Whether an error is that of a kept-alive connection which its endpoint had most likely closed already when the request was sent
 * (RFC 9112 section 9.3.1).
 */
export function isStaleConnection(error: Error): boolean {
  return STALE.has(error)
}

/**
 * A method begins with a capital letter. Everything else that undici writes as text is the size line of a chunk, in lower-case
 * hex digits, or the end of a chunked body.
 */
function isRequestHead(text: string): boolean {
  const first = text.charCodeAt(0)
  return first >= 0x41 && first <= 0x5a
}

/** Takes interim answers with the status 100 out of the bytes before a final head. */
export class ContinueFilter {
  #idle = true
  #held: Buffer | null = null
  #fault: string | null = null
  /** Whether a field of the head that was looked at last ends in white space. */
  #isPadded = false

  /** What is wrong with the answer; nothing of it is to be seen then. */
  get fault(): string | null {
    return this.#fault
  }

  /** Nothing is looked at: bytes pass as they are. */
  get isIdle(): boolean {
    return this.#idle
  }

  expectHead(): void {
    this.#idle = false
    this.#held = null
  }

  /** What is to be seen of the bytes that came; null when nothing is yet. */
  pass(chunk: Buffer): Buffer | null {
    const bytes = this.#held === null ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = null
    let passed: Buffer[] | null = null
    let start = 0
    for (;;) {
      while (isLineBreak(bytes[start])) start++
      const status = interimStatus(bytes, start)
      if (status === BROKEN) return this.#break('the answer is not HTTP/1.1')
      const end = status === UNKNOWN ? UNKNOWN : this.#findEnd(bytes, start)
      if (end === BROKEN) return this.#break('a line of the head does not end in CR LF')
      if (status === FINAL && end !== UNKNOWN) {
        if (isOld(bytes, start) && hasCoding(bytes, start, end)) return this.#break('a transfer coding in HTTP/1.0')
        return this.#finish(passed, this.#isPadded ? withoutPadding(bytes, start, end) : bytes.subarray(start))
      }
      if (end === UNKNOWN) return joined(passed, this.#hold(bytes.subarray(start)))
      if (status !== CONTINUE) (passed ??= []).push(bytes.subarray(start, end))
      start = end
    }
  }

  /**
   * Where the head ends that begins at `start`. RFC 9112 section 2.2: a carriage return without a line feed ends no line, but for undici two
   * of them end a status line.
   */
  #findEnd(bytes: Buffer, start: number): number {
    this.#isPadded = false
    let line = start
    for (let feed = bytes.indexOf(FEED, start); feed !== -1; feed = bytes.indexOf(FEED, line)) {
      if (bytes[feed - 1] !== RETURN) return BROKEN
      if (feed === line + 1) return feed + 1
      if (line === start) {
        if (bytes.indexOf(RETURN, start) !== feed - 1) return BROKEN
      } else if (isBlank(bytes[feed - 2])) this.#isPadded = true
      line = feed + 1
    }
    return UNKNOWN
  }

  #finish(passed: Buffer[] | null, rest: Buffer): Buffer | null {
    this.#idle = true
    return joined(passed, rest)
  }

  #break(fault: string): null {
    this.#fault = fault
    this.#idle = true
    return null
  }

  #hold(rest: Buffer): Buffer | null {
    if (rest.length > MAX_INTERIM_BYTES) {
      this.#idle = true
      return rest
    }
    if (rest.length > 0) this.#held = rest
    return null
  }
}

const FINAL = 0
const UNKNOWN = -1
const BROKEN = -2

/**
 * The status of the interim head that begins here; `FINAL` for another head of HTTP/1.0 or 1.1, `BROKEN` for anything else, `UNKNOWN` while
 * too few bytes have come to tell. undici reads HTTP/0.9, HTTP/2.0 and RTSP/1.0 as if they were HTTP/1.
 */
function interimStatus(bytes: Buffer, start: number): number {
  const expected = 'HTTP/1.? 1'
  for (let i = 0; i < expected.length; i++) {
    if (start + i >= bytes.length) return UNKNOWN
    const byte = bytes[start + i]
    if (i === VERSION) {
      if (byte !== ZERO && byte !== ONE) return BROKEN
    } else if (byte !== expected.charCodeAt(i)) return i === STATUS ? FINAL : BROKEN
  }
  if (start + 12 > bytes.length) return UNKNOWN
  const status = Number(bytes.toString('latin1', start + 9, start + 12))
  return status === SWITCHING_PROTOCOLS || Number.isNaN(status) ? FINAL : status
}

/** Where the minor version and the status stand in a status line. */
const VERSION = 7
const STATUS = 9

const ZERO = 0x30
const ONE = 0x31
const RETURN = 0x0d
const FEED = 0x0a

/** Empty lines before a status line, which undici skips too. */
function isLineBreak(byte: number | undefined): boolean {
  return byte === RETURN || byte === FEED
}

function isOld(bytes: Buffer, start: number): boolean {
  return bytes[start + VERSION] === ZERO
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09
}

/** White space at the end of a field is no part of its value (RFC 9112 section 5.1); undici would reckon it into Content-Length. */
function withoutPadding(bytes: Buffer, start: number, end: number): Buffer {
  const fields = bytes.indexOf(FEED, start) + 1
  const trimmed = bytes.toString('latin1', fields, end).replace(/(?<![\t ])[\t ]+\r\n/g, '\r\n')
  return Buffer.concat([bytes.subarray(start, fields), Buffer.from(trimmed, 'latin1'), bytes.subarray(end)])
}

/** RFC 9112 section 6.1: an HTTP/1.0 message with Transfer-Encoding is framed wrongly. */
function hasCoding(bytes: Buffer, start: number, end: number): boolean {
  return /\r\ntransfer-encoding:/i.test(bytes.toString('latin1', start, end))
}

function joined(before: Buffer[] | null, last: Buffer | null): Buffer | null {
  if (before === null) return last === null || last.length === 0 ? null : last
  return Buffer.concat(last === null ? before : [...before, last])
}
