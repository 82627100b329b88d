import type { RewritePlan } from '../config/plan.ts'

/**
 * The path for the upstream from the canonical path. A path that the rule does not fit stays as it is; the result always starts
 * with a slash and never with two, which some servers would take for a host.
 */
export function createRewrite(plan: RewritePlan): (path: string) => string {
  switch (plan.kind) {
    case 'strip-prefix':
      return (path) => rooted(withoutPrefix(path, plan.prefix) ?? path)
    case 'replace-prefix':
      return (path) => {
        const rest = withoutPrefix(path, plan.prefix)
        return rest === null ? path : rooted(joinPaths(plan.replacement, rest))
      }
    case 'regex': {
      const pattern = new RegExp(plan.source)
      return (path) => rooted(path.replace(pattern, plan.replacement))
    }
  }
}

/** Prefixes end at a segment: `/api` fits `/api` and `/api/x`, not `/apis`. */
function withoutPrefix(path: string, prefix: string): string | null {
  const bare = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix
  if (!path.startsWith(bare)) return null
  const rest = path.slice(bare.length)
  return rest === '' || rest.startsWith('/') ? rest : null
}

function joinPaths(prefix: string, rest: string): string {
  return prefix.endsWith('/') && rest.startsWith('/') ? prefix + rest.slice(1) : prefix + rest
}

function rooted(path: string): string {
  return `/${path.replace(/^\/+/, '')}`
}
