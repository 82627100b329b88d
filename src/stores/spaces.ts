import { compileTerms, type LimitTerms } from '../policy/limiter/terms.ts'
import type { LimitRule } from '../policy/limiter/types.ts'
import type { KeyHash } from './key-hash.ts'

/** Windows of the calendar follow the wall clock, all others the monotonic one: neither can go on with the state of the other. */
export type StateKind = 'gcra' | 'sliding-window' | 'fixed-window' | 'calendar-window'

const KINDS: readonly StateKind[] = ['gcra', 'sliding-window', 'fixed-window', 'calendar-window']
const KIND_BITS = 3

/** All keys that are counted under the id of a rule by one algorithm, as this thread knows it. */
export interface Space {
  readonly kind: StateKind
  /** In the order in which they came. */
  readonly number: number
  /** What tells its slots to other threads: its kind, and as much as fits of the hash of its id. Never 0. */
  readonly mark: number
  /** What the hashes of its keys go on from. */
  readonly seed: Int32Array
  /** As of the last question; its terms are what untouched keys are judged by. */
  rule: LimitRule
  terms: LimitTerms
}

/** They stay: there are as many as rules were ever configured. */
export class Spaces {
  readonly #hash: KeyHash
  readonly #maxLogEntries: number
  readonly #byId: Readonly<Record<StateKind, Map<string, Space>>> = {
    gcra: new Map(),
    'sliding-window': new Map(),
    'fixed-window': new Map(),
    'calendar-window': new Map()
  }
  readonly #numbered: Space[] = []
  /** Null where two have the same mark. */
  readonly #byMark = new Map<number, Space | null>()
  /** Of rules that share an id, as before and after a reload: they take turns. */
  readonly #terms = new WeakMap<LimitRule, LimitTerms>()

  constructor(hash: KeyHash, maxLogEntries: number) {
    this.#hash = hash
    this.#maxLogEntries = maxLogEntries
  }

  /** With the terms of this very rule, which a reload may have changed. */
  of(rule: LimitRule): Space {
    const kind = kindOf(rule)
    const space = this.#byId[kind].get(rule.id)
    if (space?.rule === rule) return space
    const terms = this.#termsOf(rule)
    if (space === undefined) return this.#create(kind, rule, terms)
    space.rule = rule
    space.terms = terms
    return space
  }

  withNumber(number: number): Space {
    return this.#numbered[number] as Space
  }

  /** Whose slots have this mark; null when this thread was never asked about it. */
  withMark(mark: number): Space | null {
    return this.#byMark.get(mark) ?? null
  }

  #create(kind: StateKind, rule: LimitRule, terms: LimitTerms): Space {
    const kindNumber = KINDS.indexOf(kind) + 1
    const seed = this.#hash.ofRule(kindNumber, rule.id)
    const mark = ((seed[0] as number) << KIND_BITS) | kindNumber
    const space = { kind, number: this.#numbered.length, mark, seed, rule, terms }
    this.#numbered.push(space)
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

function kindOf(rule: LimitRule): StateKind {
  return rule.algorithm === 'fixed-window' && rule.calendar !== null ? 'calendar-window' : rule.algorithm
}
