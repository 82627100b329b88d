import type { PluginDefinition, TSchema } from '../plugin-api/index.ts'
import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import type { Modules } from './plugin-entry.ts'
import { prepare, secretPaths, type Coerce } from './prepare.ts'
import { checkSchema } from './schema-check.ts'
import { locate, type Node } from './tree.ts'

/** What the checks of one document share. */
export interface CheckScope {
  readonly root: Node
  readonly issues: IssueCollector
  readonly builtins: ReadonlyMap<string, PluginDefinition>
  readonly modules: Modules
  /** Places of values that must never be shown. */
  readonly hidden: Path[]
}

/**
 * Completes a value, marks its secrets and reports what its schema says against it. Returns the value to use, and
 * whether it is right. A schema of ours is known to be one.
 */
export function applySchema(
  schema: TSchema,
  value: unknown,
  path: Path,
  scope: CheckScope,
  isOurs: boolean
): { readonly value: unknown; readonly ok: boolean } {
  const prepared = prepare(schema, value, path, coerceFrom(scope.root))
  for (const secret of secretPaths(schema, prepared, path)) {
    scope.hidden.push(secret)
    scope.issues.hide(secret)
  }
  const findings = checkSchema(schema, prepared, isOurs)
  for (const { path: inner, ...finding } of findings) scope.issues.add([...path, ...inner], finding)
  return { value: prepared, ok: findings.length === 0 }
}

/** Only a scalar that is one whole `${…}` may turn into a number or boolean, and only where no text is allowed. */
function coerceFrom(root: Node): Coerce {
  return (text, wantedOf, path) => {
    // Most texts could be neither; what is wanted takes longer to find out.
    if (!/^(?:true|false|-?\d[\d.]*)$/.test(text)) return text
    const wanted = wantedOf()
    if (wanted.length === 0 || wanted.includes('string')) return text
    const { node } = locate(root, path)
    if (node?.kind !== 'scalar' || node.origin?.whole !== true) return text
    if (wanted.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true'
    if (wanted.includes('integer') && /^-?\d{1,15}$/.test(text)) return Number(text)
    return wanted.includes('number') && /^-?\d{1,15}(?:\.\d+)?$/.test(text) ? Number(text) : text
  }
}

/** Marks what was read from files below a path as secret, and from the environment too when asked to. */
export function hideInterpolated(path: Path, scope: CheckScope, environment: boolean): void {
  const { node: start } = locate(scope.root, path)
  const at = [...path]
  const below = (key: string | number, node: Node): void => {
    at.push(key)
    walk(node)
    at.pop()
  }
  const walk = (node: Node): void => {
    if (node.kind === 'list') for (const [index, item] of node.items.entries()) below(index, item)
    else if (node.kind === 'map') for (const entry of node.entries) below(entry.key, entry.value)
    else if (node.origin?.fromFile === true || (environment && node.origin?.fromEnv === true)) {
      const place = [...at]
      scope.hidden.push(place)
      scope.issues.hide(place)
    }
  }
  if (start !== null) walk(start)
}
