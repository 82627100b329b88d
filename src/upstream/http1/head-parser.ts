import { AnswerFault } from './answer-fault.ts'

/** What a head says of its answer and its connection. */
export interface HeadFacts {
  readonly status: number
  /** As its bytes came. */
  readonly reason: string
  /** Name, value, name, value …, bytes as latin1. */
  readonly fields: string[]
  /** Null without Content-Length. */
  readonly length: number | null
  readonly isChunked: boolean
  /** Whether the connection may be used again (RFC 9112 section 9.3). */
  readonly isPersistent: boolean
  /** Of a 101: it names the protocol. */
  readonly isSwitch: boolean
}

export const STATUS_LINE_START = 'HTTP/1.'

/** Of the fields that frame a message or steer its connection. */
interface Framing {
  length: number | null
  coding: string | null
  connection: string
  hasUpgrade: boolean
}

const COLON = 0x3a
const SPACE = 0x20
const TAB = 0x09
const FEED = 0x0a
const ZERO = 0x30
const NINE = 0x39

/** By character: whether it may stand in a field name (RFC 9110 section 5.6.2). */
const IS_TOKEN = Uint8Array.from({ length: 256 }, (_, code) => (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(code)) ? 1 : 0))

/** A token of RFC 9110 section 5.6.2, such as a field name or a method. */
export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (IS_TOKEN[text.charCodeAt(i)] !== 1) return false
  return text !== ''
}

/** What is neither text nor the end of a line. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/

/**
 * @param text A status line and field lines, each with its CR LF, as latin1.
 * @throws AnswerFault for what RFC 9112 does not allow, and for framing that could be read in two ways
 */
export function parseHead(text: string): HeadFacts {
  const lineEnd = text.indexOf('\r')
  const status = statusOf(text, lineEnd)
  const isOld = text.charCodeAt(7) === ZERO
  const reason = lineEnd > 12 ? text.slice(13, lineEnd) : ''
  const framing: Framing = { length: null, coding: null, connection: '', hasUpgrade: false }
  const fields = parseFieldLines(text, lineEnd + 2, framing)
  const { length, coding, connection } = framing
  if (coding !== null) checkCoding(coding, length, isOld)
  return {
    status,
    reason,
    fields,
    length,
    isChunked: coding !== null,
    isPersistent: connection === '' ? !isOld : isOld ? hasOption(connection, 'keep-alive') : !hasOption(connection, 'close'),
    isSwitch: framing.hasUpgrade && hasOption(connection, 'upgrade')
  }
}

/** `HTTP/1.1 200 OK`; the reason may be empty, and the space before it missing (RFC 9112 section 4). */
function statusOf(text: string, lineEnd: number): number {
  const version = text.charCodeAt(7)
  const behind = text.charCodeAt(12)
  if (
    text.startsWith(STATUS_LINE_START) &&
    (version === ZERO || version === ZERO + 1) &&
    text.charCodeAt(8) === SPACE &&
    text.charCodeAt(lineEnd + 1) === FEED &&
    text.lastIndexOf('\n', lineEnd) === -1 &&
    (behind === SPACE ? lineEnd > 12 : lineEnd === 12)
  ) {
    const status = digitAt(text, 9) * 100 + digitAt(text, 10) * 10 + digitAt(text, 11)
    if (status >= 0) return status
  }
  throw new AnswerFault('the answer is not HTTP/1.1')
}

/** Not a number for what is no digit. */
function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code >= ZERO && code <= NINE ? code - ZERO : Number.NaN
}

/**
 * @param text Field lines, each with its CR LF.
 * @param framing Filled with what frames the message; null for trailers, which must not (RFC 9110 section 6.5.1).
 * @throws AnswerFault
 */
export function parseFieldLines(text: string, from: number, framing: Framing | null): string[] {
  if (CONTROL.test(text)) throw new AnswerFault('a control character in the head')
  const fields: string[] = []
  let at = from
  while (at < text.length) {
    let colon = at
    while (IS_TOKEN[text.charCodeAt(colon)] === 1) colon++
    if (colon === at || text.charCodeAt(colon) !== COLON) throw new AnswerFault('a field without a name')
    let start = colon + 1
    while (isBlank(text.charCodeAt(start))) start++
    const feed = text.indexOf('\n', start)
    // A carriage return within the value would end the line for some readers.
    if (feed < 1 || text.indexOf('\r', start) !== feed - 1) throw new AnswerFault('a line of the head that does not end in CR LF')
    let end = feed - 1
    while (end > start && isBlank(text.charCodeAt(end - 1))) end--
    const name = text.slice(at, colon)
    const value = text.slice(start, end)
    fields.push(name, value)
    note(framing, name, value)
    at = feed + 1
  }
  return fields
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}

/** By the length first: nearly every field is told from those that matter by it. */
function note(framing: Framing | null, name: string, value: string): void {
  switch (name.length) {
    case 7:
      if (framing !== null && name.toLowerCase() === 'upgrade') framing.hasUpgrade = true
      return
    case 10:
      if (framing !== null && name.toLowerCase() === 'connection') framing.connection += `,${value.toLowerCase()}`
      return
    case 14:
      if (name.toLowerCase() === 'content-length') noteLength(framing, value)
      return
    case 17:
      if (name.toLowerCase() === 'transfer-encoding') noteCoding(framing, value)
  }
}

/** RFC 9112 section 6.3: more than one length could be read in two ways, even where they are equal. */
function noteLength(framing: Framing | null, value: string): void {
  const length = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (framing === null || framing.length !== null || !(length <= Number.MAX_SAFE_INTEGER)) throw new AnswerFault('a Content-Length that is no length')
  framing.length = length
}

function noteCoding(framing: Framing | null, value: string): void {
  if (framing === null || framing.coding !== null) throw new AnswerFault('a Transfer-Encoding that stands there twice, or in trailers')
  framing.coding = value
}

/** Another coding would go to the client without its name; an HTTP/1.0 message with one is framed wrongly (RFC 9112 section 6.1). */
function checkCoding(coding: string, length: number | null, isOld: boolean): void {
  if (coding.toLowerCase() !== 'chunked') throw new AnswerFault('a transfer coding other than chunked')
  if (isOld) throw new AnswerFault('a transfer coding in HTTP/1.0')
  if (length !== null) throw new AnswerFault('a length beside a transfer coding')
}

/** @param connection Values of Connection, each behind a comma, lower case. */
function hasOption(connection: string, option: string): boolean {
  if (!connection.includes(option)) return false
  return connection.split(',').some((one) => one.trim() === option)
}
