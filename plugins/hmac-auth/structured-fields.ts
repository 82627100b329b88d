/** A bare item of RFC 9651 section 3.3. Display strings are not known here. */
export type BareItem =
  | { readonly kind: 'integer' | 'decimal' | 'date'; readonly value: number }
  | { readonly kind: 'string' | 'token'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Buffer }
  | { readonly kind: 'boolean'; readonly value: boolean }

export type Parameters = ReadonlyMap<string, BareItem>

export interface Item {
  readonly value: BareItem
  readonly parameters: Parameters
}

export interface InnerList {
  readonly items: readonly Item[]
  readonly parameters: Parameters
}

export type Dictionary = ReadonlyMap<string, Item | InnerList>

/**
 * A Dictionary (RFC 9651 section 4.2.2), or null when the text is none. Stricter than the RFC, since two readers must not see two things:
 * a key that comes twice and base64 that is not canonical are refused.
 */
export function parseDictionary(text: string): Dictionary | null {
  try {
    return new Parser(text).dictionary()
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const KEY = /^[a-z*][a-z0-9_\-.*]*/
const NUMBER = /^-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/
const STRING = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/
const TOKEN = /^[A-Za-z*][A-Za-z0-9!#$%&'*+\-.^_`|~:/]*/
const BYTES = /^:([A-Za-z0-9+/]*={0,2}):/
const BOOLEAN = /^\?([01])/
const DATE = /^@(-?\d{1,15})(?![\d.])/

class Parser {
  #rest: string

  constructor(text: string) {
    this.#rest = text
  }

  dictionary(): Dictionary {
    const members = new Map<string, Item | InnerList>()
    this.#skip(/^ +/)
    while (this.#rest !== '') {
      const key = this.#take(KEY)[0]
      if (members.has(key)) throw new SyntaxError('a key comes twice')
      members.set(key, this.#skip(/^=/) ? this.#member() : { value: TRUE, parameters: this.#parameters() })
      this.#skip(/^[ \t]+/)
      if (this.#rest === '') break
      this.#take(/^,[ \t]*(?=.)/)
    }
    return members
  }

  #member(): Item | InnerList {
    return this.#rest.startsWith('(') ? this.#innerList() : this.#item()
  }

  #innerList(): InnerList {
    const items: Item[] = []
    this.#take(/^\( */)
    while (!this.#skip(/^\)/)) {
      items.push(this.#item())
      this.#take(/^(?: +|(?=\)))/)
    }
    return { items, parameters: this.#parameters() }
  }

  #item(): Item {
    return { value: this.#bareItem(), parameters: this.#parameters() }
  }

  #parameters(): Parameters {
    if (!this.#rest.startsWith(';')) return NONE
    const parameters = new Map<string, BareItem>()
    while (this.#skip(/^; */)) {
      const key = this.#take(KEY)[0]
      if (parameters.has(key)) throw new SyntaxError('a parameter comes twice')
      parameters.set(key, this.#skip(/^=/) ? this.#bareItem() : TRUE)
    }
    return parameters
  }

  #bareItem(): BareItem {
    const first = this.#rest.charAt(0)
    switch (first) {
      case '"':
        return { kind: 'string', value: (this.#take(STRING)[1] as string).replace(/\\(.)/g, '$1') }
      case ':':
        return { kind: 'bytes', value: bytesOf(this.#take(BYTES)[1] as string) }
      case '?':
        return { kind: 'boolean', value: this.#take(BOOLEAN)[1] === '1' }
      case '@':
        return { kind: 'date', value: Number(this.#take(DATE)[1]) }
    }
    if (!/^[-\d]/.test(first)) return { kind: 'token', value: this.#take(TOKEN)[0] }
    const number = this.#take(NUMBER)[0]
    return { kind: number.includes('.') ? 'decimal' : 'integer', value: Number(number) }
  }

  #take(pattern: RegExp): RegExpExecArray {
    const found = pattern.exec(this.#rest)
    if (found === null) throw new SyntaxError('not a structured field')
    this.#rest = this.#rest.slice(found[0].length)
    return found
  }

  #skip(pattern: RegExp): boolean {
    const length = pattern.exec(this.#rest)?.[0].length ?? 0
    this.#rest = this.#rest.slice(length)
    return length > 0
  }
}

const TRUE: BareItem = { kind: 'boolean', value: true }
const NONE: Parameters = new Map()

function bytesOf(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64') !== base64) throw new SyntaxError('base64 that is not canonical')
  return bytes
}

/** RFC 9651 section 4.1.1.1. */
export function serializeInnerList({ items, parameters }: InnerList): string {
  return `(${items.map(serializeItem).join(' ')})${serializeParameters(parameters)}`
}

/** RFC 9651 section 4.1.3. */
export function serializeItem({ value, parameters }: Item): string {
  return `${serializeBareItem(value)}${serializeParameters(parameters)}`
}

function serializeParameters(parameters: Parameters): string {
  let text = ''
  for (const [key, item] of parameters) text += item.kind === 'boolean' && item.value ? `;${key}` : `;${key}=${serializeBareItem(item)}`
  return text
}

function serializeBareItem(item: BareItem): string {
  switch (item.kind) {
    case 'integer':
      return String(item.value)
    case 'decimal':
      return Number.isInteger(item.value) ? `${item.value}.0` : String(item.value)
    case 'date':
      return `@${item.value}`
    case 'string':
      return `"${item.value.replace(/["\\]/g, '\\$&')}"`
    case 'token':
      return item.value
    case 'bytes':
      return `:${item.value.toString('base64')}:`
    case 'boolean':
      return item.value ? '?1' : '?0'
  }
}
