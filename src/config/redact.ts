import { formatPath, type Path } from './issue.ts'
import { isMap } from './prepare.ts'

/** A copy in which the values at the given places are `***`. */
export function redact(value: unknown, hidden: readonly Path[]): unknown {
  const places = new Set(hidden.map(formatPath))
  const copy = (inner: unknown, path: Path): unknown => {
    if (places.has(formatPath(path))) return '***'
    if (Array.isArray(inner)) return inner.map((item: unknown, index) => copy(item, [...path, index]))
    if (!isMap(inner)) return inner
    return Object.fromEntries(Object.entries(inner).map(([key, entry]) => [key, copy(entry, [...path, key])]))
  }
  return copy(value, [])
}
