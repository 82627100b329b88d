import { compileFieldTest } from './field-tests.ts'
import type { RegexComparer, RegexOverlap } from './regex-overlap.ts'
import type { FieldTest } from './types.ts'

/** Field values that satisfy all tests at once; 'disjoint' when there are certainly none. */
export type FieldsOverlap =
  | { readonly kind: 'overlap'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'disjoint' }
  | { readonly kind: 'unknown' }

/** Whether one request can satisfy the tests of two routes on its headers, or on its query. */
export function fieldsOverlap(tests: readonly FieldTest[], regexes: RegexComparer): FieldsOverlap {
  const byName = new Map<string, FieldTest[]>()
  for (const test of tests) byName.set(test.name, [...(byName.get(test.name) ?? []), test])
  const values: Record<string, string> = {}
  let unknown = false
  for (const [name, own] of byName) {
    if (own.every((test) => test.kind === 'absent')) continue
    const value = commonValue(own, regexes)
    if (value.kind === 'disjoint') return { kind: 'disjoint' }
    if (value.kind === 'unknown') unknown = true
    else values[name] = value.text
  }
  return unknown ? { kind: 'unknown' } : { kind: 'overlap', values }
}

function commonValue(tests: readonly FieldTest[], regexes: RegexComparer): RegexOverlap {
  if (tests.some((test) => test.kind === 'absent')) return { kind: 'disjoint' }
  const equals = tests.find((test) => test.kind === 'equals')
  if (equals !== undefined) {
    const accepted = tests.every((test) => compileFieldTest(test)(equals.value))
    return accepted ? { kind: 'overlap', text: equals.value } : { kind: 'disjoint' }
  }
  const sources = [...new Set(tests.flatMap((test) => (test.kind === 'regex' ? [test.source] : [])))]
  const [first, second] = sources
  if (first === undefined) return { kind: 'overlap', text: 'x' }
  return sources.length > 2 ? { kind: 'unknown' } : regexes.overlap(first, second ?? first)
}

/** Whether every request that passes all of `given` certainly passes all of `tests`. */
export function impliesAll(given: readonly FieldTest[], tests: readonly FieldTest[]): boolean {
  return tests.every((test) => given.some((known) => known.name === test.name && implies(known, test)))
}

function implies(known: FieldTest, test: FieldTest): boolean {
  if (known.kind === 'absent' || test.kind === 'absent') return known.kind === test.kind
  if (known.kind === 'equals') return compileFieldTest(test)(known.value)
  if (test.kind === 'present') return true
  return known.kind === 'regex' && test.kind === 'regex' && known.source === test.source
}
