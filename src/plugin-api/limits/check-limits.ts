import type { CheckContext, CheckIssue } from '../types.ts'
import { partsOf } from './caller-key.ts'
import type { By } from './caller-schema.ts'
import type { StoreChoice } from './limiter-hook.ts'
import type { Overrides } from './policy.ts'

export type IssuePath = CheckIssue['path']

/** What can be wrong with the names of several limits: two of one name. */
export function checkUniqueNames(key: string, noun: string, entries: readonly { readonly name: string }[]): readonly CheckIssue[] {
  const names = entries.map(({ name }) => name)
  return names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [configError([key, index, 'name'], `there is another ${noun} named "${name}"`)]
  )
}

/** Either one limit at the top, with these keys, or several under `key`. */
export function checkOneOrSeveral<C extends object>(
  config: C,
  key: keyof C & string,
  required: readonly (keyof C & string)[],
  ofOne: readonly (keyof C & string)[]
): readonly CheckIssue[] {
  if (config[key] === undefined) {
    return required.flatMap((name) => (config[name] === undefined ? [configError([], `\`${name}\` is missing`, `or give \`${key}\``)] : []))
  }
  return ofOne.flatMap((name) => (config[name] === undefined ? [] : [configError([name], `\`${name}\` and \`${key}\` exclude each other`)]))
}

/** Warnings: a token may name consumers and groups that the document does not. */
export function checkOverrideNames(overrides: Overrides<unknown> | undefined, path: IssuePath, { consumers }: CheckContext): readonly CheckIssue[] {
  const groups = new Set(consumers.flatMap((consumer) => consumer.groups))
  const unknown = (kind: 'consumers' | 'groups', known: (name: string) => boolean) =>
    Object.keys(overrides?.[kind] ?? {}).flatMap((name) =>
      known(name)
        ? []
        : [configWarning([...path, 'overrides', kind, name], `no consumer ${kind === 'groups' ? 'is in the group' : 'is named'} "${name}"`)]
    )
  return [...unknown('consumers', (name) => consumers.some((consumer) => consumer.name === name)), ...unknown('groups', (name) => groups.has(name))]
}

export function checkRouteOrGlobal(by: By, path: IssuePath): readonly CheckIssue[] {
  const parts = partsOf(by)
  if (!parts.includes('global') || !parts.includes('route')) return []
  return [configError([...path, 'by'], '`global` and `route` exclude each other', 'global: all routes share the count')]
}

export function checkStoreChoice({ store, onStoreError }: StoreChoice, { hasRedis }: CheckContext): readonly CheckIssue[] {
  if (store === 'redis' && !hasRedis) return [configError(['store'], '`store: redis` needs the top-level `redis`')]
  const isMemory = store === 'memory' || !hasRedis
  return isMemory && onStoreError !== undefined ? [configWarning(['onStoreError'], '`onStoreError` has no effect: the memory is never away')] : []
}

export function configError(path: IssuePath, message: string, hint?: string): CheckIssue {
  return { severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) }
}

export function configWarning(path: IssuePath, message: string, hint?: string): CheckIssue {
  return { severity: 'warning', path, message, ...(hint === undefined ? {} : { hint }) }
}
