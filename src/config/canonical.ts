import { createHash } from 'node:crypto'
import { isMap } from './prepare.ts'

/** JSON with the keys of every map and the members of every set sorted: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value instanceof Set) return canonicalJson([...(value as ReadonlySet<unknown>)].map(canonicalJson).sort())
  if (!isMap(value)) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/**
 * Freezes a tree of plain maps and lists. Plugin definitions, which may hold anything, are left as they are:
 * class instances and functions are not ours to freeze.
 */
export function deepFreeze<T>(value: T, except: ReadonlySet<unknown> = new Set()): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || except.has(value)) return value
  // What a set holds cannot be frozen; its type in the plan is `ReadonlySet`.
  if (value instanceof Set) return Object.freeze(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return value
  Object.freeze(value)
  for (const inner of Object.values(value)) deepFreeze(inner, except)
  return value
}
