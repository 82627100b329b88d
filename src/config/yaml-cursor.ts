import { markOffsets } from './placeholders.ts'
import { plainValue } from './plain-scalar.ts'
import type { Position, ScalarNode } from './tree.ts'

/** Thrown for whatever the quick reader does not know. */
export const UNKNOWN = new Error('this is for the thorough parser')

/** What an unquoted text cannot begin with, or means something else there. */
const INDICATORS: ReadonlySet<string | undefined> = new Set(',[]{}#&*!|>\'"%@`?:')
const FLOW_INDICATORS: ReadonlySet<string | undefined> = new Set(',[]{}')
/** Of double-quoted text; there are more, which few people write. */
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', n: '\n', t: '\t' }
/** YAML allows keys of up to 1024 characters in front of a colon. */
const MAX_KEY = 1000

/** A place in a text of which the quick reader reads the keys, scalars and gaps. */
export class YamlCursor {
  readonly #source: string
  #pos = 0
  #line = 1
  #lineStart = 0

  constructor(source: string) {
    this.#source = source
  }

  get char(): string | undefined {
    return this.#source[this.#pos]
  }

  /** From 0. */
  get column(): number {
    return this.#pos - this.#lineStart
  }

  get position(): Position {
    return this.#at(this.#pos)
  }

  get isAtEnd(): boolean {
    return this.#pos >= this.#source.length
  }

  /** Whether the dash of a list's item stands here. */
  get startsItem(): boolean {
    return this.char === '-' && isSpace(this.#source[this.#pos + 1])
  }

  /** Past one character. */
  step(): void {
    this.#pos++
  }

  /** A key and its colon. */
  key(inFlow: boolean): string {
    const key = this.keyOrScalar(inFlow)
    if (typeof key !== 'string') throw UNKNOWN
    return key
  }

  /** A text when a colon follows, which is then passed, too. */
  keyOrScalar(inFlow: boolean): string | ScalarNode {
    const start = this.#pos
    const node = this.scalar(inFlow)
    if (this.char !== ':' || !isSpace(this.#source[this.#pos + 1])) return node
    const written = this.#source.slice(start, this.#pos)
    this.#pos++
    // A number or a boolean is a key as it is written.
    const key = typeof node.value === 'string' ? node.value : node.value === null ? '' : written
    // Merges and mistakes.
    if (key === '' || key === '<<' || key === '__proto__' || written.length > MAX_KEY) throw UNKNOWN
    return key
  }

  scalar(inFlow: boolean): ScalarNode {
    const start = this.#pos
    const at = this.#at(start)
    const value = this.char === "'" ? this.#singleQuoted() : this.char === '"' ? this.#doubleQuoted() : this.#plain(inFlow)
    if (typeof value !== 'string' || !value.includes('${')) return { kind: 'scalar', at, value, marks: [], origin: null }
    const inText = markOffsets(this.#source.slice(start, this.#pos))
    const marks = markOffsets(value)
    if (marks.length !== inText.length) throw UNKNOWN
    return { kind: 'scalar', at, value, marks: inText.map((offset) => this.#at(start + offset)), origin: null }
  }

  /** Past spaces and a comment; whether the line ends there. */
  endsLine(): boolean {
    this.#skipSpaces()
    if (this.char === '#') this.#skipComment()
    return this.isAtEnd || this.char === '\n'
  }

  /** Past spaces, comments and the ends of lines. */
  skipToContent(): void {
    while (this.endsLine() && !this.isAtEnd) {
      this.#pos++
      this.#line++
      this.#lineStart = this.#pos
    }
  }

  /** The same within brackets, where no line may begin as far left as what is around them. */
  skipInFlow(indent: number): void {
    const line = this.#line
    this.skipToContent()
    if (this.isAtEnd || (this.#line > line && this.column <= indent)) throw UNKNOWN
  }

  #skipSpaces(): void {
    while (this.char === ' ') this.#pos++
  }

  #skipComment(): void {
    // Without a space in front it would be part of something else.
    if (this.#pos > 0 && !isSpace(this.#source[this.#pos - 1])) throw UNKNOWN
    const end = this.#source.indexOf('\n', this.#pos)
    this.#pos = end === -1 ? this.#source.length : end
  }

  #at(offset: number): Position {
    return { line: this.#line, column: offset - this.#lineStart + 1 }
  }

  #plain(inFlow: boolean): ScalarNode['value'] {
    const source = this.#source
    const start = this.#pos
    const isDash = source[start] === '-' && !/^[\w.]/.test(source[start + 1] ?? '')
    if (this.isAtEnd || isDash || INDICATORS.has(source[start]) || source.startsWith('...', start)) throw UNKNOWN
    let end = start
    for (let i = start; i < source.length; i++) {
      const char = source[i]
      const next = source[i + 1]
      if (char === '\n' || (char === ' ' && next === '#') || (inFlow && FLOW_INDICATORS.has(char))) break
      if (char === ':' && (isSpace(next) || (inFlow && FLOW_INDICATORS.has(next)))) break
      if (char !== ' ') end = i + 1
    }
    this.#pos = end
    const value = plainValue(source.slice(start, end))
    if (value === undefined) throw UNKNOWN
    return value
  }

  #singleQuoted(): string {
    const start = this.#pos + 1
    let end = this.#source.indexOf("'", start)
    while (end !== -1 && this.#source[end + 1] === "'") end = this.#source.indexOf("'", end + 2)
    return this.#quoted(start, end).replaceAll("''", "'")
  }

  #doubleQuoted(): string {
    const start = this.#pos + 1
    let end = start
    while (end < this.#source.length && this.#source[end] !== '"') end += this.#source[end] === '\\' ? 2 : 1
    const text = this.#quoted(start, end < this.#source.length ? end : -1)
    return text.includes('\\') ? text.replaceAll(/\\(.)/g, (_, char: string) => unescaped(char)) : text
  }

  /** The text between two quotes of one line. */
  #quoted(start: number, end: number): string {
    const text = this.#source.slice(start, end)
    if (end === -1 || text.includes('\n')) throw UNKNOWN
    this.#pos = end + 1
    return text
  }
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\n' || char === undefined
}

function unescaped(char: string): string {
  const meant = ESCAPES[char]
  if (meant === undefined) throw UNKNOWN
  return meant
}
