import { AnswerFault } from './answer-fault.ts'
import { idleTimeOf } from './idle-time.ts'

/** What a field means to the connection that it came over; a cookie belongs to one client. */
export type LineRole = 'none' | 'connection' | 'length' | 'coding' | 'upgrade' | 'keep-alive' | 'cookie'

/** One field line of an answer, taken apart. Name and value are bytes as latin1. */
export interface AnswerLine {
  readonly name: string
  readonly value: string
  readonly role: LineRole
  /** Of a length, bytes, and not a number where it is none; of Keep-Alive, ms, and null where it does not say. Null for the others. */
  readonly amount: number | null
  /** Bytes, with its CR LF. */
  readonly size: number
}

const COLON = 0x3a
const SPACE = 0x20
const TAB = 0x09
const RETURN = 0x0d
const FEED = 0x0a

/** By byte: whether it may stand in a field name (RFC 9110 section 5.6.2). */
const IS_TOKEN = tableOf(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/)
/** By byte: whether it may stand in a field value or a reason (RFC 9110 section 5.5). */
const IS_TEXT = tableOf(/[\t\x20-\x7e\x80-\xff]/)

function tableOf(allowed: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (allowed.test(String.fromCharCode(code)) ? 1 : 0))
}

/** A token of RFC 9110 section 5.6.2, such as a field name or a method. */
export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (IS_TOKEN[text.charCodeAt(i)] !== 1) return false
  return text !== ''
}

/** Where the text ends that begins there: before its CR LF. @throws AnswerFault when it ends in another way, or holds control characters */
export function endOfText(section: Buffer, at: number): number {
  let end = at
  while (IS_TEXT[section[end] as number] === 1) end++
  // A carriage return within a line would end it for some readers.
  if (section[end] !== RETURN || section[end + 1] !== FEED)
    throw new AnswerFault('a control character in the head, or a line that does not end in CR LF')
  return end
}

/** @param at Where the line begins in a section of whole lines. @throws AnswerFault for what RFC 9112 section 5 does not allow */
export function readLine(section: Buffer, at: number): AnswerLine {
  let colon = at
  while (IS_TOKEN[section[colon] as number] === 1) colon++
  if (colon === at || section[colon] !== COLON) throw new AnswerFault('a field without a name')
  const behind = endOfText(section, colon + 1)
  let start = colon + 1
  let end = behind
  while (start < end && isBlank(section[start] as number)) start++
  while (end > start && isBlank(section[end - 1] as number)) end--
  // Not cut out of one text: V8 would keep a long name as a view of it, of which `toLowerCase` makes a copy in its runtime each time.
  const name = section.toString('latin1', at, colon)
  const value = section.toString('latin1', start, end)
  const role = roleOf(name)
  const amount = role === 'length' ? lengthOf(value) : role === 'keep-alive' ? idleTimeOf(value) : null
  return { name, value, role, amount, size: behind + 2 - at }
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB
}

/** By the length first: nearly every field is told from those that matter by it. */
function roleOf(name: string): LineRole {
  switch (name.length) {
    case 7:
      return name.toLowerCase() === 'upgrade' ? 'upgrade' : 'none'
    case 10: {
      const lower = name.toLowerCase()
      if (lower === 'set-cookie') return 'cookie'
      return lower === 'connection' || lower === 'keep-alive' ? lower : 'none'
    }
    case 14:
      return name.toLowerCase() === 'content-length' ? 'length' : 'none'
    case 17:
      return name.toLowerCase() === 'transfer-encoding' ? 'coding' : 'none'
    default:
      return 'none'
  }
}

function lengthOf(value: string): number {
  const length = /^\d+$/.test(value) ? Number(value) : Number.NaN
  return length <= Number.MAX_SAFE_INTEGER ? length : Number.NaN
}
