import {
  checkOneOrSeveral,
  checkOverrideNames,
  checkRouteOrGlobal,
  checkStoreChoice,
  checkUniqueNames,
  configError,
  configWarning,
  partsOf,
  readCost,
  type CheckContext,
  type CheckIssue,
  type IssuePath
} from '../../src/plugin-api/index.ts'
import { entriesOf } from './policies.ts'
import type { NamedQuota, Override, QuotaConfig } from './schema.ts'

const OF_ONE = ['limit', 'per', 'name', 'window', 'by', 'cost', 'overrides'] as const

export function checkConfig(config: QuotaConfig, context: CheckContext): readonly CheckIssue[] {
  const at = (index: number): IssuePath => (config.quotas === undefined ? [] : ['quotas', index])
  return [
    ...checkOneOrSeveral(config, 'quotas', ['limit', 'per'], OF_ONE),
    ...checkUniqueNames('quotas', 'quota', config.quotas ?? []),
    ...entriesOf(config).flatMap((entry, index) => [...checkEntry(entry, at(index)), ...checkOverrideNames(entry.overrides, at(index), context)]),
    ...checkStoreChoice(config, context),
    ...checkMemory(config, context)
  ]
}

function checkEntry(entry: NamedQuota, path: IssuePath): readonly CheckIssue[] {
  const { by = 'consumer', overrides } = entry
  const parts = partsOf(by)
  const each = (kind: 'consumers' | 'groups') =>
    Object.entries<Override>(overrides?.[kind] ?? {}).flatMap(([name, { limit }]) => checkAmount(entry, limit, [...path, 'overrides', kind, name]))
  return [
    ...checkAmount(entry, entry.limit, path),
    ...each('consumers'),
    ...each('groups'),
    ...checkRouteOrGlobal(by, path),
    ...(parts.includes('global') && parts.length > 1 && !parts.includes('route')
      ? [configWarning([...path, 'by'], '`global` has no effect beside others: routes share the counts of a quota anyway')]
      : [])
  ]
}

function checkAmount(entry: NamedQuota, limit: number, path: IssuePath): readonly CheckIssue[] {
  const { cost } = readCost(entry.cost)
  return cost > limit ? [configError([...path, 'limit'], `a request costs ${cost}, but the quota is ${limit}`)] : []
}

/** Whoever says `store: memory` knows. */
function checkMemory({ store }: QuotaConfig, { hasRedis }: CheckContext): readonly CheckIssue[] {
  if (store !== undefined || hasRedis) return []
  return [
    configWarning(
      [],
      'what is used of a quota is lost at a restart, and each gateway counts for itself',
      'add the top-level `redis`, or say `store: memory` when that is enough'
    )
  ]
}
