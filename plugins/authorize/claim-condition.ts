import type { ClaimRule } from './schema.ts'

type Scalar = string | number | boolean

/** Says whether a claim's value fits. Values are equal when type and value are: the text `1` is not the number. */
export function compileClaimCondition(rule: ClaimRule): (value: unknown) => boolean {
  if (Array.isArray(rule)) return hasAny(rule)
  if (typeof rule !== 'object') return (value) => value === rule
  const { equals, contains, any, all } = rule
  const tests: ((value: unknown) => boolean)[] = []
  if (equals !== undefined) tests.push((value) => value === equals)
  // Of a text it would be true for parts of words: `admin` in `not-admin`.
  if (contains !== undefined) tests.push((value) => Array.isArray(value) && value.includes(contains))
  if (any !== undefined) tests.push(hasAny(any))
  if (all !== undefined) tests.push(hasAll(all))
  return (value) => tests.every((test) => test(value))
}

function hasAny(wanted: readonly Scalar[]): (value: unknown) => boolean {
  const set: ReadonlySet<unknown> = new Set(wanted)
  return (value) => (Array.isArray(value) ? value.some((element) => set.has(element)) : set.has(value))
}

function hasAll(wanted: readonly Scalar[]): (value: unknown) => boolean {
  return (value) => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    return wanted.every((element) => values.includes(element))
  }
}
