import { createHash } from 'node:crypto'
import { isMap } from './prepare.ts'

/** JSON with the keys of every map and the members of every set sorted: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value instanceof Set) return canonicalJson([...(value as ReadonlySet<unknown>)].map(canonicalJson).sort())
  const map = value as Readonly<Record<string, unknown>>
  let text = ''
  // By UTF-16 code units, which does not depend on a language.
  for (const key of Object.keys(map).sort()) {
    const inner = map[key]
    if (inner !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(inner)}`
  }
  return `{${text}}`
}

/** Whether `canonicalJson` would give the same for both, without writing it. */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => isSameValue(item, b[index]))
  }
  if (a instanceof Set || b instanceof Set) return a instanceof Set && b instanceof Set && canonicalJson(a) === canonicalJson(b)
  return isMap(a) && isMap(b) && areSameMaps(a, b)
}

function areSameMaps(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(a)
  for (const key of keys) if (a[key] !== undefined && !(Object.hasOwn(b, key) && isSameValue(a[key], b[key]))) return false
  for (const key of Object.keys(b)) if (b[key] !== undefined && !(Object.hasOwn(a, key) && a[key] !== undefined)) return false
  return true
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
  if (!Array.isArray(value)) {
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) return value
  }
  Object.freeze(value)
  for (const inner of Object.values(value)) if (typeof inner === 'object') deepFreeze(inner as unknown, except)
  return value
}
