import { isAlias, isMap, isNode, isPair, isScalar, isSeq, type Document, type Node as YamlNode, type Pair, type Scalar, type YAMLMap } from 'yaml'
import { markOffsets } from './placeholders.ts'
import type { MapEntry, Node, Position, ScalarNode } from './tree.ts'

type Report = (at: Position, code: string, message: string, hint?: string) => void

/** Deep enough for any honest document, and far from the end of the stack. */
const MAX_DEPTH = 64
/** Nodes that aliases add to those that are written; stops `a: [*b, *b, …]` bombs. What is written is bounded by its text. */
const MAX_EXPANDED_NODES = 100_000

const START: Position = { line: 1, column: 1 }

/** Resolves aliases and merge keys, keeping the place of every key and value. */
export function readTree(document: Document.Parsed, source: string, positionOf: (offset: number) => Position, report: Report): Node | null {
  return new TreeReader(document, source, positionOf, report).read()
}

class TreeReader {
  readonly #document: Document.Parsed
  readonly #source: string
  readonly #positionOf: (offset: number) => Position
  readonly #report: Report
  readonly #open = new Set<YamlNode>()
  #expandedNodes = 0
  /** Aliases that are being expanded. */
  #aliases = 0
  #gaveUp = false

  constructor(document: Document.Parsed, source: string, positionOf: (offset: number) => Position, report: Report) {
    this.#document = document
    this.#source = source
    this.#positionOf = positionOf
    this.#report = report
  }

  read(): Node | null {
    const { contents } = this.#document
    const root = contents === null ? null : this.#node(contents, START)
    return this.#gaveUp ? null : root
  }

  /** `fallback` is the place of a node that has no text of its own, such as the value of `key:`. */
  #node(node: unknown, fallback: Position): Node {
    if (!isNode(node)) return scalar(fallback, null)
    const at = this.#at(node, fallback)
    if (this.#aliases > 0) this.#expandedNodes++
    if (this.#open.size > MAX_DEPTH || this.#expandedNodes > MAX_EXPANDED_NODES) {
      if (!this.#gaveUp) this.#report(at, 'too-large', 'the document is nested too deeply or its aliases expand to too much')
      this.#gaveUp = true
      return scalar(at, null)
    }
    if (this.#gaveUp) return scalar(at, null)
    if (isAlias(node)) return this.#alias(node.source, node.resolve(this.#document), at)
    if (isScalar(node)) return this.#scalar(node, at)
    this.#open.add(node)
    const read: Node = isMap(node)
      ? { kind: 'map', at, entries: this.#entries(node, at) }
      : { kind: 'list', at, items: isSeq(node) ? node.items.map((item) => this.#item(item, at)) : [] }
    this.#open.delete(node)
    return read
  }

  #item(item: unknown, at: Position): Node {
    // `[a: 1]` is a list of one map, which the parser leaves as a bare pair.
    return isPair(item) ? { kind: 'map', at: this.#at(item.key, at), entries: this.#pair(item, at) } : this.#node(item, at)
  }

  #alias(name: string, target: YamlNode | undefined, at: Position): Node {
    if (target === undefined) {
      this.#report(at, 'unknown-alias', `there is no anchor &${name} before this alias`)
      return brokenScalar(at)
    }
    if (this.#open.has(target)) {
      this.#report(at, 'unknown-alias', `the alias *${name} contains itself`)
      return brokenScalar(at)
    }
    this.#aliases++
    const node = this.#node(target, at)
    this.#aliases--
    // A scalar is wrong where it is used; inside a collection the culprit is the text of the anchor.
    return node.kind === 'scalar' ? { ...node, at, marks: node.marks.map(() => at) } : node
  }

  #entries(map: YAMLMap, at: Position): MapEntry[] {
    const own: MapEntry[] = []
    const merged: MapEntry[] = []
    for (const pair of map.items) {
      if (isMergeKey(pair)) merged.push(...this.#mergeEntries(pair, at))
      else own.push(...this.#pair(pair, at))
    }
    const seen = new Set(own.map((entry) => entry.key))
    for (const entry of merged) {
      // Of several merged maps the first one wins, and the map's own keys win over all.
      if (seen.has(entry.key)) continue
      seen.add(entry.key)
      own.push(entry)
    }
    return dropDuplicates(own)
  }

  #mergeEntries(pair: Pair, at: Position): MapEntry[] {
    const keyAt = this.#at(pair.key, at)
    const value = this.#node(pair.value, keyAt)
    const sources = value.kind === 'list' ? value.items : [value]
    return sources.flatMap((source) => {
      if (source.kind === 'map') return source.entries
      if (!(source.kind === 'scalar' && source.origin?.broken)) this.#report(source.at, 'wrong-type', '`<<` merges maps, given as aliases')
      return []
    })
  }

  #pair(pair: Pair, at: Position): MapEntry[] {
    const keyAt = this.#at(pair.key, at)
    const key = isAlias(pair.key) ? pair.key.resolve(this.#document) : pair.key
    const value = isScalar(key) ? key.value : null
    const name = isScalar(key) && (typeof value === 'number' || typeof value === 'boolean') ? (key.source ?? String(value)) : value
    if (typeof name !== 'string' || name === '') {
      this.#report(keyAt, 'bad-key', 'a key must be a text')
      return []
    }
    if (name === '__proto__') {
      this.#report(keyAt, 'unknown-key', 'unknown key "__proto__"')
      return []
    }
    return [{ key: name, keyAt, value: this.#node(pair.value, keyAt) }]
  }

  #scalar(node: Scalar, at: Position): ScalarNode {
    const { value, tag } = node
    // Reported by the parser; nobody knows what such a value means.
    if (tag?.startsWith('!')) return brokenScalar(at)
    const simple = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
    if (typeof simple !== 'string' || !simple.includes('${')) return scalar(at, simple)
    const [start, end] = node.range ?? [0, 0]
    const marks = markOffsets(simple)
    const inText = markOffsets(this.#source.slice(start, end))
    // An escape such as "\x24{" hides a mark from the text; the scalar's own place must do then.
    const exact = marks.length === inText.length
    const places = marks.map((_, i) => (exact ? this.#positionOf(start + (inText[i] ?? 0)) : at))
    return { kind: 'scalar', at, value: simple, marks: places, origin: null }
  }

  #at(node: unknown, fallback: Position): Position {
    if (!isNode(node) || !node.range) return fallback
    const [start, end] = node.range
    return isScalar(node) && start === end ? fallback : this.#positionOf(start)
  }
}

function scalar(at: Position, value: ScalarNode['value']): ScalarNode {
  return { kind: 'scalar', at, value, marks: [], origin: null }
}

function brokenScalar(at: Position): ScalarNode {
  return { ...scalar(at, null), origin: { fromFile: false, fromEnv: false, whole: false, broken: true } }
}

function isMergeKey(pair: Pair): boolean {
  // The parser gives the key of a merge a symbol for its value.
  return isScalar(pair.key) && pair.key.type === 'PLAIN' && (pair.key.value === '<<' || typeof pair.key.value === 'symbol')
}

/** The parser has reported duplicates; the first one stays. */
function dropDuplicates(entries: readonly MapEntry[]): MapEntry[] {
  const seen = new Set<string>()
  return entries.filter(({ key }) => !seen.has(key) && seen.add(key))
}
