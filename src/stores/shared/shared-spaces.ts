import { compileTerms, type LimitTerms } from '../../policy/limiter/terms.ts'
import type { LimitRule } from '../../policy/limiter/types.ts'
import { kindOf, type StateKind } from '../memory/space.ts'
import type { KeyHash } from './key-hash.ts'

const KINDS: readonly StateKind[] = ['gcra', 'sliding-window', 'fixed-window', 'calendar-window']
const KIND_BITS = 3

/** All keys that are counted under the id of a rule by one algorithm, as this thread knows it. */
export interface SharedSpace {
  readonly kind: StateKind
  /** What tells its slots to other threads: its kind, and as much as fits of the hash of its id. Never 0. */
  readonly mark: number
  /** What the hashes of its keys go on from. */
  readonly seed: Int32Array
  /** As of the last question. */
  rule: LimitRule
  terms: LimitTerms
}

export class SharedSpaces {
  readonly #hash: KeyHash
  readonly #maxLogEntries: number
  readonly #byId: Readonly<Record<StateKind, Map<string, SharedSpace>>> = {
    gcra: new Map(),
    'sliding-window': new Map(),
    'fixed-window': new Map(),
    'calendar-window': new Map()
  }
  /** Null where two have the same mark. */
  readonly #byMark = new Map<number, SharedSpace | null>()
  /** Of rules that share an id, as before and after a reload: they take turns. */
  readonly #terms = new WeakMap<LimitRule, LimitTerms>()

  constructor(hash: KeyHash, maxLogEntries: number) {
    this.#hash = hash
    this.#maxLogEntries = maxLogEntries
  }

  /** With the terms of this very rule, which a reload may have changed. */
  of(rule: LimitRule): SharedSpace {
    const kind = kindOf(rule)
    const space = this.#byId[kind].get(rule.id)
    if (space?.rule === rule) return space
    const terms = this.#termsOf(rule)
    if (space === undefined) return this.#create(kind, rule, terms)
    space.rule = rule
    space.terms = terms
    return space
  }

  /** Whose slots have this mark; null when this thread was never asked about it. */
  withMark(mark: number): SharedSpace | null {
    return this.#byMark.get(mark) ?? null
  }

  #create(kind: StateKind, rule: LimitRule, terms: LimitTerms): SharedSpace {
    const number = KINDS.indexOf(kind) + 1
    const seed = this.#hash.ofRule(number, rule.id)
    const mark = ((seed[0] as number) << KIND_BITS) | number
    const space = { kind, mark, seed, rule, terms }
    this.#byId[kind].set(rule.id, space)
    this.#byMark.set(mark, this.#byMark.has(mark) ? null : space)
    return space
  }

  #termsOf(rule: LimitRule): LimitTerms {
    const known = this.#terms.get(rule)
    if (known !== undefined) return known
    const terms = compileTerms(rule, this.#maxLogEntries)
    this.#terms.set(rule, terms)
    return terms
  }
}

export function kindOfMark(mark: number): StateKind {
  return KINDS[(mark & (2 ** KIND_BITS - 1)) - 1] as StateKind
}
