import { AnswerFault } from './answer-fault.ts'
import { type AnswerLine, readLine } from './answer-line.ts'
import type { KnownHead } from './known-head.ts'

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
  /** For how long the endpoint keeps the connection, ms; null where it does not say. */
  readonly idleMs: number | null
  /** Of a 101: it names the protocol. */
  readonly isSwitch: boolean
}

/**
 * @param bytes A status line and field lines, each with its CR LF, from there to there.
 * @param known Of the same endpoint.
 * @throws AnswerFault for what RFC 9112 does not allow, and for framing that could be read in two ways
 */
export function parseHead(bytes: Buffer, from: number, to: number, known: KnownHead): HeadFacts {
  const lines: AnswerLine[] = []
  const { status, reason, isOld } = known.read(bytes, from, to, lines)
  const fields: string[] = []
  let length: number | null = null
  let coding: string | null = null
  let connection = ''
  let hasUpgrade = false
  let idleMs: number | null = null
  for (let i = 0; i < lines.length; i++) {
    const { name, value, role, amount } = lines[i] as AnswerLine
    fields.push(name, value)
    switch (role) {
      case 'none':
      case 'cookie':
        break
      case 'length':
        // RFC 9112 section 6.3: more than one could be read in two ways, even where they are equal.
        if (length !== null || amount === null || Number.isNaN(amount)) throw new AnswerFault('a Content-Length that is no length')
        length = amount
        break
      case 'coding':
        if (coding !== null) throw new AnswerFault('a Transfer-Encoding that stands there twice')
        coding = value
        break
      case 'connection':
        connection += `,${value.toLowerCase()}`
        break
      case 'keep-alive':
        idleMs ??= amount
        break
      case 'upgrade':
        hasUpgrade = true
    }
  }
  if (coding !== null) checkCoding(coding, length, isOld)
  return {
    status,
    reason,
    fields,
    length,
    isChunked: coding !== null,
    isPersistent: connection === '' ? !isOld : isOld ? hasOption(connection, 'keep-alive') : !hasOption(connection, 'close'),
    idleMs,
    isSwitch: hasUpgrade && hasOption(connection, 'upgrade')
  }
}

/** Whole lines from there to there; none of them may frame the message (RFC 9110 section 6.5.1). @throws AnswerFault */
export function parseTrailers(bytes: Buffer, from: number, to: number): string[] {
  const fields: string[] = []
  for (let at = from; at < to;) {
    const { name, value, role, size } = readLine(bytes, at)
    if (role === 'length' || role === 'coding') throw new AnswerFault('framing in trailers')
    fields.push(name, value)
    at += size
  }
  return fields
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
