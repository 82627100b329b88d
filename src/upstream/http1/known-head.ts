import { type AnswerLine, readLine } from './answer-line.ts'
import { readStatusLine, type StatusLine } from './status-line.ts'

/** A longer head is not remembered, nor are more lines. */
const LONGEST_BYTES = 4 * 1024
const MOST_LINES = 48

const NOTHING: StatusLine = { status: 0, reason: '', isOld: false, size: 0 }

/**
 * The head of an endpoint's latest answer. Most of its lines stand in the next one too: a line that is the same byte by byte at the same place needs
 * neither be taken apart again nor become text again. Cookies are left out, so that none outlives its answer.
 */
export class KnownHead {
  #bytes: Buffer = Buffer.alloc(0)
  #status = NOTHING
  readonly #lines: AnswerLine[] = []

  /**
   * @param bytes Whole lines, status line first, from there to there.
   * @param fields Filled with the field lines.
   * @throws AnswerFault
   */
  read(bytes: Buffer, from: number, to: number, fields: AnswerLine[]): StatusLine {
    let status = this.#status
    let at = from
    let knownAt = 0
    /** Every line so far begins where it began last time. */
    let isAligned = true
    if (status.size === 0 || !this.#isAt(knownAt, bytes, at, to, status.size)) {
      isAligned = false
      status = readStatusLine(bytes, from)
    }
    at += status.size
    knownAt += this.#status.size
    const lines = this.#lines
    for (let i = 0; at < to; i++) {
      const known = lines[i]
      const size = known === undefined ? 0 : known.size
      const isSame = known !== undefined && known.role !== 'cookie' && this.#isAt(knownAt, bytes, at, to, size)
      const line = isSame ? known : readLine(bytes, at)
      if (line.size !== size) isAligned = false
      else if (!isSame) this.#replace(i, line, knownAt, bytes, at)
      knownAt += size
      at += line.size
      fields.push(line)
    }
    if (!isAligned || fields.length !== lines.length) this.#remember(bytes, from, to, status, fields)
    return status
  }

  #isAt(knownAt: number, bytes: Buffer, at: number, to: number, size: number): boolean {
    if (at + size > to) return false
    const known = this.#bytes
    for (let i = 0; i < size; i++) if (bytes[at + i] !== known[knownAt + i]) return false
    return true
  }

  #replace(i: number, line: AnswerLine, knownAt: number, bytes: Buffer, at: number): void {
    const isKept = line.role !== 'cookie'
    this.#lines[i] = isKept ? line : leftOut(line)
    for (let j = 0; j < line.size; j++) this.#bytes[knownAt + j] = isKept ? (bytes[at + j] as number) : 0
  }

  #remember(bytes: Buffer, from: number, to: number, status: StatusLine, fields: readonly AnswerLine[]): void {
    const size = to - from
    this.#status = NOTHING
    this.#lines.length = 0
    if (size > LONGEST_BYTES || fields.length > MOST_LINES) return
    if (this.#bytes.length < size) this.#bytes = Buffer.alloc(Math.min(LONGEST_BYTES, size + 256))
    bytes.copy(this.#bytes, 0, from, to)
    this.#status = status
    let at = status.size
    for (const line of fields) {
      const isKept = line.role !== 'cookie'
      if (!isKept) this.#bytes.fill(0, at, at + line.size)
      this.#lines.push(isKept ? line : leftOut(line))
      at += line.size
    }
  }
}

/** Only the room that it took, and its role, by which nothing is taken for it. */
function leftOut({ size }: AnswerLine): AnswerLine {
  return { name: '', value: '', role: 'cookie', amount: null, size }
}
