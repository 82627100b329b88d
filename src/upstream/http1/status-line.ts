import { AnswerFault } from './answer-fault.ts'
import { endOfText } from './answer-line.ts'

/** `HTTP/1.1 200 OK`, taken apart. */
export interface StatusLine {
  readonly status: number
  /** As its bytes came. */
  readonly reason: string
  /** HTTP/1.0. */
  readonly isOld: boolean
  /** Bytes, with its CR LF. */
  readonly size: number
}

/** The reason may be empty, and the space before it missing (RFC 9112 section 4). */
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: ([^]*))?$/

/** @throws AnswerFault */
export function readStatusLine(bytes: Buffer, at: number): StatusLine {
  const text = bytes.toString('latin1', at, endOfText(bytes, at))
  const found = STATUS_LINE.exec(text)
  if (found === null) throw new AnswerFault('the answer is not HTTP/1.1')
  return { status: Number(found[2]), reason: found[3] ?? '', isOld: found[1] === '0', size: text.length + 2 }
}
