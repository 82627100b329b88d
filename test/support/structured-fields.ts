/** A bare item of RFC 9651 that the gateway's fields are made of; byte sequences, dates and display strings are not among them. */
export type BareItem =
  | { readonly kind: 'integer' | 'decimal'; readonly value: number }
  | { readonly kind: 'string' | 'token'; readonly value: string }
  | { readonly kind: 'boolean'; readonly value: boolean }

export interface Item {
  readonly bare: BareItem
  readonly parameters: ReadonlyMap<string, BareItem>
}

export interface InnerList {
  readonly items: readonly Item[]
  readonly parameters: ReadonlyMap<string, BareItem>
}

/** RFC 9651 section 4.2, step by step. @throws SyntaxError */
export function parseList(text: string): readonly (Item | InnerList)[] {
  return new Reader(text).list()
}

/** @throws SyntaxError */
export function parseItem(text: string): Item {
  return new Reader(text).wholeItem()
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'
const LETTERS = LOWER + LOWER.toUpperCase()
const KEY_START = `${LOWER}*`
const KEY = `${LOWER}${DIGITS}_-.*`
const TOKEN = `${LETTERS}${DIGITS}!#$%&'*+-.^_\`|~:/`

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Section 4.2.1. */
  list(): readonly (Item | InnerList)[] {
    const members: (Item | InnerList)[] = []
    this.#skip(' ')
    while (!this.#isEnd()) {
      members.push(this.#peek() === '(' ? this.#innerList() : this.#item())
      this.#skip(' \t')
      if (this.#isEnd()) break
      this.#expect(',')
      this.#skip(' \t')
      if (this.#isEnd()) throw this.#error('a comma at the end')
    }
    return members
  }

  wholeItem(): Item {
    this.#skip(' ')
    const item = this.#item()
    this.#skip(' ')
    if (!this.#isEnd()) throw this.#error('something behind the item')
    return item
  }

  /** Section 4.2.1.2. */
  #innerList(): InnerList {
    this.#expect('(')
    const items: Item[] = []
    for (;;) {
      this.#skip(' ')
      if (this.#peek() === ')') break
      items.push(this.#item())
      if (this.#peek() !== ' ' && this.#peek() !== ')') throw this.#error('no space between the items of an inner list')
    }
    this.#at++
    return { items, parameters: this.#parameters() }
  }

  /** Section 4.2.3. */
  #item(): Item {
    return { bare: this.#bareItem(), parameters: this.#parameters() }
  }

  #bareItem(): BareItem {
    const first = this.#peek()
    if (first === '"') return { kind: 'string', value: this.#string() }
    if (first === '?') return { kind: 'boolean', value: this.#boolean() }
    if (first === '-' || isOneOf(first, DIGITS)) return this.#number()
    if (first === '*' || isOneOf(first, LETTERS)) return { kind: 'token', value: this.#run(TOKEN) }
    throw this.#error('no bare item')
  }

  /** Section 4.2.3.2: a key that comes again replaces the one before. */
  #parameters(): ReadonlyMap<string, BareItem> {
    const parameters = new Map<string, BareItem>()
    while (this.#peek() === ';') {
      this.#at++
      this.#skip(' ')
      if (!isOneOf(this.#peek(), KEY_START)) throw this.#error('no key')
      const key = this.#run(KEY)
      let value: BareItem = { kind: 'boolean', value: true }
      if (this.#peek() === '=') {
        this.#at++
        value = this.#bareItem()
      }
      parameters.set(key, value)
    }
    return parameters
  }

  /** Section 4.2.4. */
  #number(): BareItem {
    const sign = this.#peek() === '-' ? -1 : 1
    if (sign === -1) this.#at++
    const whole = this.#run(DIGITS)
    if (whole === '') throw this.#error('no digit')
    if (this.#peek() !== '.') {
      if (whole.length > 15) throw this.#error('an integer of more than 15 digits')
      return { kind: 'integer', value: sign * Number(whole) + 0 }
    }
    this.#at++
    const fraction = this.#run(DIGITS)
    if (whole.length > 12 || fraction === '' || fraction.length > 3) throw this.#error('a decimal of too many digits, or of too few')
    return { kind: 'decimal', value: sign * Number(`${whole}.${fraction}`) }
  }

  /** Section 4.2.5. */
  #string(): string {
    this.#expect('"')
    let value = ''
    for (;;) {
      const char = this.#next()
      if (char === '"') return value
      if (char < ' ' || char > '~') throw this.#error('a character that a string must not have')
      if (char !== '\\') {
        value += char
        continue
      }
      const escaped = this.#next()
      if (escaped !== '"' && escaped !== '\\') throw this.#error('an escape of something else')
      value += escaped
    }
  }

  /** Section 4.2.8. */
  #boolean(): boolean {
    this.#expect('?')
    const char = this.#next()
    if (char !== '0' && char !== '1') throw this.#error('no boolean')
    return char === '1'
  }

  #isEnd(): boolean {
    return this.#at === this.#text.length
  }

  /** Empty at the end. */
  #peek(): string {
    return this.#text.charAt(this.#at)
  }

  #next(): string {
    if (this.#isEnd()) throw this.#error('too short')
    return this.#text.charAt(this.#at++)
  }

  #expect(char: string): void {
    if (this.#next() !== char) throw this.#error(`no ${char}`)
  }

  #skip(chars: string): void {
    while (isOneOf(this.#peek(), chars)) this.#at++
  }

  #run(chars: string): string {
    const from = this.#at
    this.#skip(chars)
    return this.#text.slice(from, this.#at)
  }

  #error(what: string): SyntaxError {
    return new SyntaxError(`${what}, at ${this.#at} of ${JSON.stringify(this.#text)}`)
  }
}

function isOneOf(char: string, chars: string): boolean {
  return char !== '' && chars.includes(char)
}
