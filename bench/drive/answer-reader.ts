const HEAD_END = Buffer.from('\r\n\r\n')
const NOTHING = Buffer.alloc(0)

/**
 * Follows the answers on one connection, one at a time, without keeping their bodies. For answers with a `Content-Length`: all that is asked
 * for has one.
 */
export class AnswerReader {
  #head: Buffer = NOTHING
  /** Bytes of the body that are still to come; -1 before the end of the head. */
  #missing = -1
  status = 0
  /** The server closes the connection behind this answer. */
  isLast = false

  /** True when the answer is complete with these bytes. @throws for what cannot be followed */
  read(bytes: Buffer): boolean {
    if (this.#missing === -1) {
      const seen = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes])
      const end = seen.indexOf(HEAD_END)
      if (end === -1) {
        this.#head = seen
        return false
      }
      this.#head = NOTHING
      this.#missing = this.#readHead(seen.toString('latin1', 0, end)) - (seen.length - end - HEAD_END.length)
    } else {
      this.#missing -= bytes.length
    }
    if (this.#missing < 0) throw new Error('more bytes than the answer has')
    if (this.#missing > 0) return false
    this.#missing = -1
    return true
  }

  /** The length of the body. */
  #readHead(head: string): number {
    this.status = Number(head.slice(9, 12))
    this.isLast = /\r\nconnection: *close\r\n/i.test(`${head}\r\n`)
    const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? []
    if (length === undefined) throw new Error(`an answer without a length: ${head.slice(0, 80)}`)
    return Number(length)
  }
}
