import type { RegexNode } from './regex-ast.ts'
import { charSetOf, type CharSet } from './regex-charset.ts'

/**
 * The position automaton (Glushkov) of a regular expression: one state per written character class, a step from `p` to `q`
 * when `q` may match directly after `p`. Two different ways from `p` to `q` without reading anything, as in `(a*)*`, are two
 * steps: a backtracking engine tries both.
 */
export interface RegexAutomaton {
  readonly sets: readonly CharSet[]
  readonly first: readonly number[]
  readonly last: readonly number[]
  readonly nullable: boolean
  /** next[p] lists each q once; `doubled` holds the `p * sets.length + q` of steps that exist more than once. */
  readonly next: ReadonlyArray<readonly number[]>
  readonly doubled: ReadonlySet<number>
}

/** Thrown inside the safety check to leave the recursion; `isSafeRegex` turns it into a result. */
export class RegexRefusal extends Error {}

/** Enough for a long list of alternatives; the searches in `regex-ambiguity.ts` have a bound of their own. */
const maxPositions = 600
/** Repetitions beyond this count are taken as unbounded: `a{1,50}a{1,50}a{1,50}` backtracks like `a+a+a+`. */
const manyTimes = 8
/** Copies of the body of a fixed repetition; more would show nothing new. */
const maxCopies = 16

interface Fragment {
  readonly nullable: boolean
  readonly first: readonly number[]
  readonly last: readonly number[]
}

const nothing: Fragment = { nullable: true, first: [], last: [] }

export interface AutomatonOptions {
  /** Keeps every copy of a fixed repetition, so that the automaton accepts whatever the expression matches. */
  readonly complete?: boolean
}

/** Throws a RegexRefusal for what cannot be checked. Lookarounds count as empty here; the caller checks them by themselves. */
export function buildAutomaton(root: RegexNode, options: AutomatonOptions = {}): RegexAutomaton {
  const builder = new Builder(options.complete === true ? Infinity : maxCopies)
  const { first, last, nullable } = builder.build(root)
  const size = builder.sets.length
  const next = Array.from({ length: size }, (): number[] => [])
  const doubled = new Set<number>()
  for (const [step, count] of builder.steps) {
    next[Math.floor(step / (maxPositions + 1))]?.push(step % (maxPositions + 1))
    if (count > 1) doubled.add(Math.floor(step / (maxPositions + 1)) * size + (step % (maxPositions + 1)))
  }
  return { sets: builder.sets, first, last, nullable, next, doubled }
}

class Builder {
  readonly sets: CharSet[] = []
  readonly steps = new Map<number, number>()
  readonly #maxCopies: number

  constructor(maxCopies: number) {
    this.#maxCopies = maxCopies
  }

  build(node: RegexNode): Fragment {
    switch (node.kind) {
      case 'chars':
        return this.#position(charSetOf(node.text, node.flags))
      case 'sequence':
        return this.#sequence(node.items.map((item) => () => this.build(item)))
      case 'choice':
        return this.#choice(node.items)
      case 'repeat':
        return this.#repeat(node.item, node.min, node.max)
      case 'look':
      case 'assertion':
        return nothing
      case 'backreference':
        throw new RegexRefusal('it has a backreference, whose cost cannot be bounded')
    }
  }

  #position(set: CharSet): Fragment {
    if (this.sets.length >= maxPositions) throw new RegexRefusal('it is too large to be checked')
    const position = this.sets.push(set) - 1
    return { nullable: false, first: [position], last: [position] }
  }

  #sequence(builders: ReadonlyArray<() => Fragment>): Fragment {
    let whole = nothing
    for (const build of builders) {
      const part = build()
      this.#connect(whole.last, part.first)
      whole = {
        nullable: whole.nullable && part.nullable,
        first: whole.nullable ? [...whole.first, ...part.first] : whole.first,
        last: part.nullable ? [...whole.last, ...part.last] : part.last
      }
    }
    return whole
  }

  #choice(items: readonly RegexNode[]): Fragment {
    const parts = items.map((item) => this.build(item))
    return {
      nullable: parts.some((part) => part.nullable),
      first: parts.flatMap((part) => part.first),
      last: parts.flatMap((part) => part.last)
    }
  }

  #repeat(item: RegexNode, min: number, max: number): Fragment {
    if (max === 0) return nothing
    const once = (): Fragment => this.build(item)
    const copies = (count: number): Array<() => Fragment> => Array.from({ length: Math.min(count, this.#maxCopies, maxPositions + 1) }, () => once)
    if (max === Infinity || (min !== max && max >= manyTimes)) {
      if (min === 0) return { ...this.#loop(item), nullable: true }
      return this.#sequence([...copies(min - 1), () => this.#loop(item)])
    }
    if (max >= manyTimes && this.#isNullable(item)) throw new RegexRefusal('it repeats something that can be empty a fixed number of times')
    return this.#sequence([...copies(min), () => this.#upTo(max - min, once)])
  }

  /** `a{0,3}` is `(?:a(?:a(?:a)?)?)?` and not `a?a?a?`, which reads one `a` in three ways. */
  #upTo(count: number, once: () => Fragment): Fragment {
    if (count === 0) return nothing
    return { ...this.#sequence([once, () => this.#upTo(count - 1, once)]), nullable: true }
  }

  #loop(item: RegexNode): Fragment {
    const body = this.build(item)
    this.#connect(body.last, body.first)
    return body
  }

  #isNullable(item: RegexNode): boolean {
    return new Builder(1).build(item).nullable
  }

  #connect(from: readonly number[], to: readonly number[]): void {
    for (const p of from) {
      for (const q of to) {
        const step = p * (maxPositions + 1) + q
        this.steps.set(step, (this.steps.get(step) ?? 0) + 1)
      }
    }
  }
}
