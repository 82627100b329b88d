import { parseRegex } from './regex-ast.ts'
import { buildAutomaton, type RegexAutomaton, RegexRefusal } from './regex-automaton.ts'
import { compileRegex } from './regex.ts'

/** Whether two regular expressions, each anchored at both ends, can match the same text; `text` is a shortest such text. */
export type RegexOverlap = { readonly kind: 'disjoint' } | { readonly kind: 'overlap'; readonly text: string } | { readonly kind: 'unknown' }

const unknown: RegexOverlap = { kind: 'unknown' }

/** Bounds one comparison, and all comparisons of one configuration; a comparison takes some microseconds. */
const maxPairsOfStates = 5_000
const maxComparisons = 5_000

interface Compiled {
  readonly regex: RegExp
  /** Undefined for an expression that is beyond the automaton. */
  readonly automaton: RegexAutomaton | undefined
}

/**
 * Compares regular expressions by running their automata side by side. 'disjoint' is certain for text in Latin-1, which paths
 * and headers are; an overlap has been tried on both expressions. Lookarounds, very large expressions, and more than 5,000
 * comparisons give 'unknown'. One instance serves one search for conflicts.
 */
export class RegexComparer {
  readonly #compiled = new Map<string, Compiled>()
  #left = maxComparisons

  overlap(a: string, b: string): RegexOverlap {
    if (--this.#left < 0) return unknown
    const left = this.#compile(a)
    const right = this.#compile(b)
    if (left.automaton === undefined || right.automaton === undefined) return unknown
    try {
      const text = commonText(left.automaton, right.automaton)
      if (text === undefined) return { kind: 'disjoint' }
      return left.regex.test(text) && right.regex.test(text) ? { kind: 'overlap', text } : unknown
    } catch (error) {
      if (error instanceof RegexRefusal) return unknown
      throw error
    }
  }

  #compile(source: string): Compiled {
    const known = this.#compiled.get(source)
    if (known !== undefined) return known
    const regex = compileRegex(source)
    const compiled = { regex, automaton: automatonOf(source, regex.flags) }
    this.#compiled.set(source, compiled)
    return compiled
  }
}

function automatonOf(source: string, flags: string): RegexAutomaton | undefined {
  try {
    return buildAutomaton(parseRegex(source, flags), { complete: true })
  } catch (error) {
    if (error instanceof RegexRefusal) return undefined
    throw error
  }
}

interface Pair {
  readonly p: number
  readonly q: number
  readonly text: string
}

function commonText(a: RegexAutomaton, b: RegexAutomaton): string | undefined {
  if (a.nullable && b.nullable) return ''
  const lastA = new Set(a.last)
  const lastB = new Set(b.last)
  const seen = new Set<number>()
  const queue: Pair[] = []
  const visit = (ps: readonly number[], qs: readonly number[], text: string): void => {
    for (const p of ps) {
      for (const q of qs) {
        const common = (a.sets[p] ?? 0n) & (b.sets[q] ?? 0n)
        const pair = p * b.sets.length + q
        if (common === 0n || seen.has(pair)) continue
        if (seen.size >= maxPairsOfStates) throw new RegexRefusal('too large')
        seen.add(pair)
        queue.push({ p, q, text: text + readableChar(common) })
      }
    }
  }
  visit(a.first, b.first, '')
  for (const { p, q, text } of queue) {
    if (lastA.has(p) && lastB.has(q)) return text
    visit(a.next[p] ?? [], b.next[q] ?? [], text)
  }
  return undefined
}

/** A character of the set, preferably one that looks well in an example and is the same in every spelling of a path. */
function readableChar(set: bigint): string {
  for (const char of 'x0/-_.abcdefghijklmnopqrstuvwyz123456789') {
    if (((set >> BigInt(char.charCodeAt(0))) & 1n) === 1n) return char
  }
  for (let code = 0x21; code < 0x100; code++) {
    if (((set >> BigInt(code)) & 1n) === 1n) return String.fromCharCode(code)
  }
  throw new RegexRefusal('only unusual characters match')
}
