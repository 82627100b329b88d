import { AnswerFault } from '../../src/upstream/http1/answer-fault.ts'
import { type AnswerEvents, AnswerParser } from '../../src/upstream/http1/answer-parser.ts'
import type { HeadFacts } from '../../src/upstream/http1/head-parser.ts'
import { KnownHead } from '../../src/upstream/http1/known-head.ts'

/** What a parser tells of, as texts; the pieces of a body are put together. */
export class AnswerRecord implements AnswerEvents {
  readonly told: string[] = []
  #body = ''

  onInterim(status: number, fields: string[]): void {
    this.told.push(`interim ${status} ${fields.join('|')}`)
  }
  onHead({ status, reason, fields }: HeadFacts): void {
    this.told.push(`head ${status} ${reason} ${fields.join('|')}`)
  }
  onBody(piece: Buffer): void {
    this.#body += piece.toString('latin1')
  }
  onAnswerEnd(trailers: readonly string[], isPersistent: boolean): void {
    this.#tellBody()
    this.told.push(`end ${trailers.join('|')} ${isPersistent ? 'persistent' : 'last'}`)
  }
  onSwitch(fields: string[], rest: Buffer): void {
    this.told.push(`switch ${fields.join('|')} ${rest.toString('latin1')}`)
  }

  #tellBody(): void {
    if (this.#body !== '') this.told.push(`body ${this.#body}`)
    this.#body = ''
  }
}

export interface AskedFor {
  readonly method?: string
  readonly isSwitch?: boolean
  /** The endpoint closes the connection behind it. */
  readonly closes?: boolean
  /** Of an answer before it. */
  readonly known?: KnownHead
}

/** What is told of an answer that comes in these pieces; the last one is `fault` where it is refused. */
export function readAnswer(
  pieces: readonly (string | Buffer)[],
  { method = 'GET', isSwitch = false, closes = false, known = new KnownHead() }: AskedFor = {}
): readonly string[] {
  const record = new AnswerRecord()
  const parser = new AnswerParser(record, known)
  parser.expect(method, isSwitch)
  try {
    for (const piece of pieces) parser.read(Buffer.from(piece as string, 'latin1'))
    if (closes && !parser.close()) record.told.push('incomplete')
  } catch (error) {
    if (!(error instanceof AnswerFault)) throw error
    record.told.push('fault')
  }
  return record.told
}
