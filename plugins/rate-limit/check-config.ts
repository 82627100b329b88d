import {
  checkOneOrSeveral,
  checkOverrideNames,
  checkRouteOrGlobal,
  checkStoreChoice,
  checkUniqueNames,
  configError,
  configWarning,
  parseDuration,
  type CheckContext,
  type CheckIssue,
  type IssuePath
} from '../../src/plugin-api/index.ts'
import { readAllowed } from './allow-list.ts'
import { checkLease, checkLeaseStore } from './lease.ts'
import { entriesOf } from './policies.ts'
import type { NamedLimit, Override, RateLimitConfig } from './schema.ts'

const LONGEST_WINDOW_MS = 86_400_000
/** A century: for longer than twice that no number says exactly, in µs, when something is to come again. */
const LONGEST_REFILL_MS = 36_525 * LONGEST_WINDOW_MS
/** Admissions that a sliding window remembers for one caller, of some 20 bytes each, before it is worth a word. */
const LARGE_LOG = 10_000
const OF_ONE = ['limit', 'window', 'name', 'burst', 'algorithm', 'by', 'cost', 'overrides', 'lease'] as const

export function checkConfig(config: RateLimitConfig, context: CheckContext): readonly CheckIssue[] {
  const at = (index: number): IssuePath => (config.limits === undefined ? [] : ['limits', index])
  return [
    ...checkOneOrSeveral(config, 'limits', ['limit', 'window'], OF_ONE),
    ...checkUniqueNames('limits', 'limit', config.limits ?? []),
    ...entriesOf(config, context.route?.name ?? 'route').flatMap((entry, index) => [
      ...checkEntry(entry, at(index)),
      ...checkOverrideNames(entry.overrides, at(index), context),
      ...checkLeaseStore(entry.lease, config, context, at(index))
    ]),
    ...checkStoreChoice(config, context),
    ...checkAllowed(config.allow ?? [], context),
    ...(config.maxKeys === undefined
      ? []
      : [configWarning(['maxKeys'], '`maxKeys` has no effect any more', 'all limits of a gateway share its memory')])
  ]
}

function checkEntry(entry: NamedLimit, path: IssuePath): readonly CheckIssue[] {
  const { algorithm = 'gcra', limit, window, burst, by = 'ip', overrides, lease, cost = 1 } = entry
  const units = typeof cost === 'number' ? cost : (cost.default ?? 1)
  const each = (kind: 'consumers' | 'groups') =>
    Object.entries<Override>(overrides?.[kind] ?? {}).flatMap(([name, override]) => checkAmounts(entry, override, [...path, 'overrides', kind, name]))
  return [
    ...checkAmounts(entry, entry, path),
    ...each('consumers'),
    ...each('groups'),
    ...checkRouteOrGlobal(by, path),
    ...checkLease(lease, { algorithm, limit, burst: burst ?? limit, windowMs: parseDuration(window) ?? 0 }, units, path),
    ...(algorithm === 'sliding-window' && limit > LARGE_LOG
      ? [
          configWarning(
            [...path, 'limit'],
            `a sliding window remembers ${limit} requests of each caller, about ${Math.ceil((limit * 20) / 1024)} KiB`,
            'gcra needs the same few bytes for any limit'
          )
        ]
      : []),
    ...(burst !== undefined && algorithm === 'gcra' && burst > limit * 100
      ? [configWarning([...path, 'burst'], `the burst is more than a hundred times the limit of a window`)]
      : [])
  ]
}

function checkAmounts(entry: NamedLimit, { limit, window = entry.window, burst }: Override, path: IssuePath): readonly CheckIssue[] {
  const { algorithm = 'gcra', cost = 1 } = entry
  const windowMs = parseDuration(window) ?? 0
  const most = algorithm === 'gcra' ? (burst ?? limit) : limit
  const units = typeof cost === 'number' ? cost : (cost.default ?? 1)
  return [
    ...(windowMs > 0 && windowMs <= LONGEST_WINDOW_MS
      ? []
      : [configError([...path, 'window'], `a window of ${window} is impossible`, 'more than 0 and at most 1d')]),
    ...(burst !== undefined && algorithm !== 'gcra' ? [configError([...path, 'burst'], `\`${algorithm}\` has no burst`, 'only gcra has')] : []),
    ...(algorithm === 'gcra' && (most / limit) * windowMs > LONGEST_REFILL_MS
      ? [configError([...path, 'burst'], `a burst of ${most} would take more than a century to come again`)]
      : []),
    ...(units > most ? [configError([...path, 'limit'], `a request costs ${units}, but ${most} at most are admitted at once`)] : [])
  ]
}

function checkAllowed(allow: readonly string[], { consumers }: CheckContext): readonly CheckIssue[] {
  return allow.flatMap((text, index) => {
    const allowed = readAllowed(text)
    if (allowed === null) return [configError(['allow', index], `"${text}" is no address, CIDR block or name of a consumer`)]
    if (typeof allowed !== 'string' || consumers.some(({ name }) => name === allowed)) return []
    return [configWarning(['allow', index], `no consumer is named "${text}"`)]
  })
}
