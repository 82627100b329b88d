/** What the safety check and the literal prefix need of a regular expression; capturing and laziness do not matter to them. */
export type RegexNode =
  | CharsNode
  | { readonly kind: 'sequence'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly item: RegexNode; readonly min: number; readonly max: number }
  | { readonly kind: 'look'; readonly item: RegexNode }
  | { readonly kind: 'assertion' }
  | { readonly kind: 'backreference' }

/** A class, an escape or a character, as text for `charSetOf`. */
export interface CharsNode {
  readonly kind: 'chars'
  readonly text: string
  readonly flags: string
  /** The character, when it is one written plainly. */
  readonly literal?: string
}

/**
 * Parses the source of a regular expression that the engine has already accepted with these flags. Being a second reader,
 * it only has to find the structure; what a class or an escape matches is asked of the engine itself (`charSetOf`).
 */
export function parseRegex(source: string, flags: string): RegexNode {
  return new Parser(source).choice(flags)
}

class Parser {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  choice(flags: string): RegexNode {
    const items = [this.#sequence(flags)]
    while (this.#source[this.#at] === '|') {
      this.#at++
      items.push(this.#sequence(flags))
    }
    return items.length === 1 && items[0] !== undefined ? items[0] : { kind: 'choice', items }
  }

  #sequence(flags: string): RegexNode {
    const items: RegexNode[] = []
    while (this.#at < this.#source.length && this.#source[this.#at] !== '|' && this.#source[this.#at] !== ')') {
      items.push(this.#quantified(this.#atom(flags)))
    }
    return { kind: 'sequence', items }
  }

  #quantified(item: RegexNode): RegexNode {
    const found = /^(?:([*+?])|\{([0-9]+)(?:(,)([0-9]*))?\})\??/.exec(this.#source.slice(this.#at, this.#at + 40))
    if (found === null) return item
    this.#at += found[0].length
    if (found[1] !== undefined) return { kind: 'repeat', item, min: found[1] === '+' ? 1 : 0, max: found[1] === '?' ? 1 : Infinity }
    const min = Number(found[2])
    const max = found[3] === undefined ? min : found[4] === '' ? Infinity : Number(found[4])
    return { kind: 'repeat', item, min, max }
  }

  #atom(flags: string): RegexNode {
    const char = this.#source[this.#at]
    if (char === '(') return this.#group(flags)
    if (char === '[') return this.#chars(this.#classEnd(flags), flags)
    if (char === '\\') return this.#escape(flags)
    if (char === '^' || char === '$') {
      this.#at++
      return { kind: 'assertion' }
    }
    if (char === '.') return this.#chars(this.#at + 1, flags)
    const literal = String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0)
    this.#at += literal.length
    const text = /^[\]{}]$/.test(literal) ? `\\${literal}` : literal
    return flags.includes('i') ? { kind: 'chars', text, flags } : { kind: 'chars', text, flags, literal }
  }

  #group(flags: string): RegexNode {
    const open = /^\((?:\?(?:(<?[=!])|<[^>]*>|([a-z]*)(?:-([a-z]*))?:))?/.exec(this.#source.slice(this.#at))
    this.#at += open?.[0].length ?? 1
    const item = this.choice(withModifiers(flags, open?.[2] ?? '', open?.[3] ?? ''))
    this.#at++
    return open?.[1] === undefined ? item : { kind: 'look', item }
  }

  #escape(flags: string): RegexNode {
    const rest = this.#source.slice(this.#at)
    const next = rest[1] ?? ''
    if (next === 'b' || next === 'B') {
      this.#at += 2
      return { kind: 'assertion' }
    }
    if (/[1-9k]/.test(next)) {
      this.#at += (/^\\(?:[0-9]+|k<[^>]*>|k)/.exec(rest)?.[0] ?? rest.slice(0, 2)).length
      return { kind: 'backreference' }
    }
    const long =
      /^\\(?:u\{[0-9a-fA-F]+\}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[pP]\{[^}]*\}|c[A-Za-z]|0[0-7]{0,2})/.exec(
        rest
      )
    const escaped = long?.[0] ?? rest.slice(0, 2)
    if (/^[^A-Za-z0-9]$/.test(next) && !flags.includes('i')) {
      this.#at += 2
      return { kind: 'chars', text: escaped, flags, literal: next }
    }
    return this.#chars(this.#at + escaped.length, flags)
  }

  #chars(end: number, flags: string): RegexNode {
    const text = this.#source.slice(this.#at, end)
    this.#at = end
    return { kind: 'chars', text, flags }
  }

  /** Classes nest only with the `v` flag. */
  #classEnd(flags: string): number {
    let depth = 0
    for (let i = this.#at; i < this.#source.length; i++) {
      const char = this.#source[i]
      if (char === '\\') i++
      else if (char === '[' && (depth === 0 || flags.includes('v'))) depth++
      else if (char === ']' && --depth === 0) return i + 1
    }
    return this.#source.length
  }
}

function withModifiers(flags: string, add: string, remove: string): string {
  const all = new Set((flags + add).split(''))
  for (const flag of remove) all.delete(flag)
  return [...all].join('')
}
