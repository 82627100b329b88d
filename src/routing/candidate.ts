import { compileFieldTests, type CompiledTests } from './field-tests.ts'
import { foldShape, isExact, type PathShape } from './path-shape.ts'
import { compileRegex } from './regex.ts'
import { compareWithinPath, hostRank, methodRank, pathRank } from './specificity.ts'
import type { RouteMatch, RouteResult } from './types.ts'

/** One route under one of its hosts, ready to be tried. */
export interface Candidate {
  readonly route: RouteMatch
  readonly hostRank: number
  /** The rank of the path with letter case and trailing slash folded, which other spellings are compared by. */
  readonly foldedRank: string
  readonly exact: boolean
  readonly paramNames: readonly string[]
  readonly regex: RegExp | undefined
  readonly tests: CompiledTests | undefined
  /** The finished answer of a route without parameters. */
  readonly result: RouteResult | undefined
}

/** Has no prototype: a parameter may be called `constructor`. Far cheaper to create than `Object.create(null)`. */
const NullObject = function () {} as unknown as new () => Record<string, string>
NullObject.prototype = Object.create(null) as Record<string, string>

export function newParams(): Record<string, string> {
  return new NullObject()
}

const noParams = Object.freeze(newParams())

export function createCandidate(route: RouteMatch, host: string | undefined, shape: PathShape, folded: boolean): Candidate {
  const { tail, paramNames } = shape
  return {
    route,
    hostRank: hostRank(host),
    foldedRank: pathRank(foldShape(shape)),
    exact: isExact(shape),
    paramNames,
    regex: tail.kind === 'regex' ? compileRegex(tail.source, { ignoreCase: folded }) : undefined,
    tests: compileFieldTests(route),
    result: paramNames.length > 0 ? undefined : Object.freeze({ kind: 'route', id: route.id, params: noParams })
  }
}

/** All candidates of equal path rank, and for each method the order in which to try them. */
export class Leaf {
  readonly candidates: Candidate[] = []
  readonly #byMethod = new Map<string, readonly Candidate[]>()
  /** The order for a method that no candidate names. */
  #others: readonly Candidate[] = []

  /** To be called once, when all candidates are in. */
  seal(): void {
    const methods = new Set(this.candidates.flatMap(({ route }) => route.methods))
    if (methods.has('GET')) methods.add('HEAD')
    for (const method of methods) this.#byMethod.set(method, this.#ordered(method))
    this.#others = this.#ordered('')
  }

  /** The candidates that serve this method, best first. */
  for(method: string): readonly Candidate[] {
    return this.#byMethod.size === 0 ? this.#others : (this.#byMethod.get(method) ?? this.#others)
  }

  #ordered(method: string): readonly Candidate[] {
    return this.candidates.filter(({ route }) => methodRank(route.methods, method) > 0).sort((a, b) => compareWithinPath(a.route, b.route, method))
  }
}
