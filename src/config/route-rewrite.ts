import type { RewritePlan } from './plan.ts'
import type { RouteDocument } from './schema-document.ts'

/** `/api/` and `/api` are the same prefix; `/` is the empty one. */
export function trimSlash(prefix: string): string {
  return prefix.endsWith('/') ? prefix.slice(0, -1) : prefix
}

/** The rewrite of a valid route. Prefixes and replacements end without a slash, so that the rest of the path follows. */
export function toRewritePlan(rewrite: RouteDocument['rewrite']): RewritePlan | null {
  if (rewrite === undefined) return null
  const { stripPrefix, replacePrefix, regex } = rewrite
  if (stripPrefix !== undefined) return { kind: 'strip-prefix', prefix: trimSlash(stripPrefix) }
  if (replacePrefix !== undefined) return { kind: 'replace-prefix', prefix: trimSlash(replacePrefix.from), replacement: trimSlash(replacePrefix.to) }
  return regex === undefined ? null : { kind: 'regex', source: regex.match, replacement: regex.replace }
}
