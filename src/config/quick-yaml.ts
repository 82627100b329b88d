import type { ListNode, MapEntry, MapNode, Node } from './tree.ts'
import { UNKNOWN, YamlCursor } from './yaml-cursor.ts'

/** Tabs, control characters, and what some take for the end of a line. */
const UNUSUAL = /[^\n\u0020-\u007e\u00a1-\u2027\u202a-\ufefe]/
const MAX_DEPTH = 30

/**
 * Reads the part of YAML in which nearly every configuration is written: maps and lists in both styles, scalars in one line, comments. Null for
 * everything else and for every mistake, which are for the real parser: that takes ten times as long, and most of what it makes is
 * thrown away. What this one reads, both read alike.
 */
export function readQuickly(source: string): Node | null {
  if (UNUSUAL.test(source)) return null
  try {
    return new QuickReader(source).read()
  } catch (error) {
    if (error === UNKNOWN) return null
    throw error
  }
}

class QuickReader {
  readonly #text: YamlCursor
  #depth = 0

  constructor(source: string) {
    this.#text = new YamlCursor(source)
  }

  read(): Node {
    const text = this.#text
    text.skipToContent()
    const node = text.char === '{' ? this.#flow(-1) : this.#block(-1)
    text.skipToContent()
    if (!text.isAtEnd) throw UNKNOWN
    return node
  }

  /** A map or list in lines of its own, deeper than `parent`; the text stands at its first character. */
  #block(parent: number): Node {
    const text = this.#text
    const indent = text.column
    if (indent <= parent) throw UNKNOWN
    return this.#deeper(() => (text.startsItem ? this.#blockList(indent) : this.#blockMap(indent)))
  }

  #blockMap(indent: number, at = this.#text.position, first = this.#text.key(false)): MapNode {
    const entries: MapEntry[] = []
    const keys = new Set<string>()
    let [key, keyAt] = [first, at]
    for (;;) {
      if (keys.has(key)) throw UNKNOWN
      keys.add(key)
      entries.push({ key, keyAt, value: this.#blockValue(indent) ?? { kind: 'scalar', at: keyAt, value: null, marks: [], origin: null } })
      if (this.#isOver(indent)) return { kind: 'map', at, entries }
      keyAt = this.#text.position
      key = this.#text.key(false)
    }
  }

  /** What stands behind the colon of a key, in the same line or below it; null for nothing. */
  #blockValue(indent: number): Node | null {
    const text = this.#text
    if (!text.endsLine()) return this.#lineOf(this.#isBracket() ? this.#flow(indent) : text.scalar(false))
    text.skipToContent()
    // The dash of a list may stand right below its key.
    const isBelow = !text.isAtEnd && (text.column > indent || (text.column === indent && text.startsItem))
    return isBelow ? this.#block(indent - 1) : null
  }

  #blockList(indent: number): ListNode {
    const text = this.#text
    const at = text.position
    const items: Node[] = []
    do {
      text.step()
      items.push(this.#item(indent))
    } while (!this.#isOver(indent) && text.startsItem)
    return { kind: 'list', at, items }
  }

  #item(indent: number): Node {
    const text = this.#text
    if (text.endsLine()) {
      text.skipToContent()
      return this.#block(indent)
    }
    if (text.startsItem) return this.#block(indent)
    if (this.#isBracket()) return this.#lineOf(this.#flow(indent))
    const { position, column } = text
    const read = text.keyOrScalar(false)
    return typeof read === 'string' ? this.#deeper(() => this.#blockMap(column, position, read)) : this.#lineOf(read)
  }

  /** A collection in brackets. `indent` is that of the lines around it. */
  #flow(indent: number): Node {
    return this.#deeper(() => (this.#text.char === '{' ? this.#flowMap(indent) : this.#flowList(indent)))
  }

  #flowMap(indent: number): MapNode {
    const text = this.#text
    const at = text.position
    const entries: MapEntry[] = []
    const keys = new Set<string>()
    text.step()
    while (!this.#closes('}', indent)) {
      const keyAt = text.position
      const key = text.key(true)
      if (keys.has(key)) throw UNKNOWN
      keys.add(key)
      text.skipInFlow(indent)
      entries.push({ key, keyAt, value: this.#flowValue(indent) })
      this.#separate('}', indent)
    }
    return { kind: 'map', at, entries }
  }

  #flowList(indent: number): ListNode {
    const text = this.#text
    const at = text.position
    const items: Node[] = []
    text.step()
    while (!this.#closes(']', indent)) {
      items.push(this.#flowValue(indent))
      this.#separate(']', indent)
    }
    return { kind: 'list', at, items }
  }

  #flowValue(indent: number): Node {
    return this.#isBracket() ? this.#flow(indent) : this.#text.scalar(true)
  }

  #closes(bracket: string, indent: number): boolean {
    this.#text.skipInFlow(indent)
    if (this.#text.char !== bracket) return false
    this.#text.step()
    return true
  }

  /** To the next entry, or to the closing bracket. */
  #separate(bracket: string, indent: number): void {
    this.#text.skipInFlow(indent)
    if (this.#text.char === ',') this.#text.step()
    else if (this.#text.char !== bracket) throw UNKNOWN
  }

  #isBracket(): boolean {
    return this.#text.char === '{' || this.#text.char === '['
  }

  /** To the next content; whether that is no more of a collection of this indent. */
  #isOver(indent: number): boolean {
    const text = this.#text
    text.skipToContent()
    if (!text.isAtEnd && text.column > indent) throw UNKNOWN
    return text.isAtEnd || text.column < indent
  }

  /** The node, when nothing but a comment follows it in its line. */
  #lineOf(node: Node): Node {
    if (!this.#text.endsLine()) throw UNKNOWN
    return node
  }

  #deeper(read: () => Node): Node {
    if (++this.#depth > MAX_DEPTH) throw UNKNOWN
    const node = read()
    this.#depth--
    return node
  }
}
