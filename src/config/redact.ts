import type { Path } from './issue.ts'
import { isMap } from './prepare.ts'

/** The hidden places below a value, by key; a leaf is hidden itself. */
type Hidden = Map<string | number, Hidden>

/** The value with `***` at the given places. Only what leads to them is copied; everything else is the value's own. */
export function redact(value: unknown, hidden: readonly Path[]): unknown {
  if (hidden.some((path) => path.length === 0)) return '***'
  const root: Hidden = new Map()
  for (const path of hidden) {
    let at = root
    for (const [index, key] of path.entries()) {
      const known = at.get(key)
      // Something above is hidden already: nothing below it is left to hide.
      if (known?.size === 0) break
      const next: Hidden = known ?? new Map()
      if (index === path.length - 1) next.clear()
      at.set(key, next)
      at = next
    }
  }
  return root.size === 0 ? value : withStars(value, root)
}

function withStars(value: unknown, hidden: Hidden): unknown {
  if (Array.isArray(value)) return value.map((item: unknown, index) => shown(item, hidden.get(index)))
  if (!isMap(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(item, hidden.get(key))]))
}

function shown(value: unknown, hidden: Hidden | undefined): unknown {
  if (hidden === undefined) return value
  return hidden.size === 0 ? '***' : withStars(value, hidden)
}
