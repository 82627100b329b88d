import { compileRegex } from './regex.ts'
import type { FieldTest, RouteFacts, RouteMatch } from './types.ts'

/**
 * The query parameters of one request, parsed when the first test asks for one and not before. Names and values are decoded
 * as forms are (`+` is a space, a broken escape stays readable as U+FFFD); of a repeated name the first value counts, so that
 * two routes that want different values can never both match.
 */
export class QueryView {
  readonly #raw: string
  #parsed: URLSearchParams | undefined

  constructor(raw: string) {
    this.#raw = raw
  }

  get(name: string): string | undefined {
    // The leading '&' keeps a '?' that belongs to the first name: URLSearchParams would drop it.
    this.#parsed ??= new URLSearchParams(`&${this.#raw}`)
    return this.#parsed.get(name) ?? undefined
  }
}

/** A compiled test: takes the value of the field, or undefined when the request has none. */
export type ValueTest = (value: string | undefined) => boolean

export interface CompiledTest {
  readonly name: string
  readonly accepts: ValueTest
}

/** Header names are compared without regard to case, query names exactly. Throws for an invalid regex. */
export interface CompiledTests {
  readonly headers: readonly CompiledTest[]
  readonly query: readonly CompiledTest[]
}

/** Undefined when the route tests neither headers nor query, which is the usual case and costs nothing. */
export function compileFieldTests(route: RouteMatch): CompiledTests | undefined {
  if (route.headers.length === 0 && route.query.length === 0) return undefined
  return {
    headers: route.headers.map((test) => ({ name: test.name.toLowerCase(), accepts: compileFieldTest(test) })),
    query: route.query.map((test) => ({ name: test.name, accepts: compileFieldTest(test) }))
  }
}

export function compileFieldTest(test: FieldTest): ValueTest {
  switch (test.kind) {
    case 'present':
      return (value) => value !== undefined
    case 'absent':
      return (value) => value === undefined
    case 'equals': {
      const expected = test.value
      return (value) => value === expected
    }
    case 'regex': {
      const regex = compileRegex(test.source)
      return (value) => value !== undefined && regex.test(value)
    }
  }
}

export function passesTests(tests: CompiledTests, facts: RouteFacts, query: () => QueryView): boolean {
  for (const test of tests.headers) {
    if (!test.accepts(facts.header(test.name))) return false
  }
  if (tests.query.length === 0) return true
  const view = query()
  for (const test of tests.query) {
    if (!test.accepts(view.get(test.name))) return false
  }
  return true
}
