import type { Candidate, Leaf } from './candidate.ts'
import { newParams } from './candidate.ts'
import { passesTests, QueryView } from './field-tests.ts'
import type { RouteFacts, RouteResult } from './types.ts'

/**
 * One walk through the tables for one request: what it looks at, and the offsets of the segments that it captured. A router
 * keeps one and resets it per request, because creating it would cost more than the walk; a match is synchronous.
 */
export class Search {
  facts: RouteFacts
  path = ''
  /** Captured segments: the path from `starts[i]` to `ends[i]`. */
  readonly starts: number[] = []
  readonly ends: number[] = []
  restStart = 0
  /** When set, no route is selected: the methods of all routes that match otherwise are collected. */
  allow: Set<string> | undefined
  #query: QueryView | undefined
  readonly #queryView = (): QueryView => (this.#query ??= new QueryView(this.facts.query))

  constructor(facts: RouteFacts) {
    this.facts = facts
  }

  reset(facts: RouteFacts): void {
    this.facts = facts
    this.path = facts.path
    this.allow = undefined
    this.#query = undefined
  }

  /** The best candidate of this leaf that the request satisfies. The path itself has matched, except for a regex. */
  pick(leaf: Leaf): Candidate | undefined {
    if (this.allow !== undefined) return this.#collect(leaf, this.allow)
    for (const candidate of leaf.for(this.facts.method)) {
      if (this.#accepts(candidate)) return candidate
    }
    return undefined
  }

  #collect(leaf: Leaf, allow: Set<string>): undefined {
    for (const candidate of leaf.candidates) {
      if (!this.#accepts(candidate)) continue
      for (const method of candidate.route.methods) allow.add(method)
      if (candidate.route.methods.includes('GET')) allow.add('HEAD')
    }
  }

  #accepts(candidate: Candidate): boolean {
    if (candidate.regex !== undefined && !candidate.regex.test(this.path)) return false
    return candidate.tests === undefined || passesTests(candidate.tests, this.facts, this.#queryView)
  }

  /** The answer for the candidate that this search has just found. */
  result(candidate: Candidate): RouteResult {
    return candidate.result ?? { kind: 'route', id: candidate.route.id, params: this.#params(candidate) }
  }

  #params(candidate: Candidate): Record<string, string> {
    const params = newParams()
    const { paramNames, regex } = candidate
    if (regex !== undefined) {
      const groups = regex.exec(this.path)?.groups
      for (const name of paramNames) {
        const value = groups?.[name]
        if (value !== undefined) params[name] = value
      }
      return params
    }
    for (let i = 0; i < paramNames.length; i++) {
      const name = paramNames[i] ?? ''
      params[name] = name === '*' ? this.path.slice(this.restStart) : this.path.slice(this.starts[i], this.ends[i])
    }
    return params
  }
}
