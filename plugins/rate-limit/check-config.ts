import { parseDuration, partsOf, type CheckContext, type CheckIssue } from '../../src/plugin-api/index.ts'
import { readAllowed } from './allow-list.ts'
import { entriesOf } from './policies.ts'
import type { NamedLimit, Override, RateLimitConfig } from './schema.ts'

const LONGEST_WINDOW_MS = 86_400_000
/** Admissions that a sliding window remembers for one caller, of some 20 bytes each, before it is worth a word. */
const LARGE_LOG = 10_000
const OF_ONE = ['limit', 'window', 'name', 'burst', 'algorithm', 'by', 'cost', 'overrides'] as const

type Path = CheckIssue['path']

export function checkConfig(config: RateLimitConfig, context: CheckContext): readonly CheckIssue[] {
  const at = (index: number): Path => (config.limits === undefined ? [] : ['limits', index])
  return [
    ...checkForm(config),
    ...entriesOf(config, context.route?.name ?? 'route').flatMap((entry, index) => [
      ...checkEntry(entry, at(index)),
      ...checkNames(entry, at(index), context)
    ]),
    ...checkStore(config, context),
    ...checkAllowed(config.allow ?? [], context),
    ...(config.maxKeys === undefined ? [] : [warning(['maxKeys'], '`maxKeys` has no effect any more', 'all limits of a gateway share its memory')])
  ]
}

function checkForm(config: RateLimitConfig): readonly CheckIssue[] {
  const { limits } = config
  if (limits === undefined) {
    return (['limit', 'window'] as const).flatMap((key) =>
      config[key] === undefined ? [error([], `\`${key}\` is missing`, 'or give `limits`')] : []
    )
  }
  const names = limits.map(({ name }) => name)
  return [
    ...OF_ONE.flatMap((key) => (config[key] === undefined ? [] : [error([key], `\`${key}\` and \`limits\` exclude each other`)])),
    ...names.flatMap((name, index) =>
      names.indexOf(name) === index ? [] : [error(['limits', index, 'name'], `there is another limit named "${name}"`)]
    )
  ]
}

function checkEntry(entry: NamedLimit, path: Path): readonly CheckIssue[] {
  const { algorithm = 'gcra', limit, burst, by = 'ip', overrides } = entry
  const parts = partsOf(by)
  const each = (kind: 'consumers' | 'groups') =>
    Object.entries<Override>(overrides?.[kind] ?? {}).flatMap(([name, override]) => checkAmounts(entry, override, [...path, 'overrides', kind, name]))
  return [
    ...checkAmounts(entry, entry, path),
    ...each('consumers'),
    ...each('groups'),
    ...(parts.includes('global') && parts.includes('route')
      ? [error([...path, 'by'], '`global` and `route` exclude each other', 'global: all routes share the count')]
      : []),
    ...(algorithm === 'sliding-window' && limit > LARGE_LOG
      ? [
          warning(
            [...path, 'limit'],
            `a sliding window remembers ${limit} requests of each caller, about ${Math.ceil((limit * 20) / 1024)} KiB`,
            'gcra needs the same few bytes for any limit'
          )
        ]
      : []),
    ...(burst !== undefined && algorithm === 'gcra' && burst > limit * 100
      ? [warning([...path, 'burst'], `the burst is more than a hundred times the limit of a window`)]
      : [])
  ]
}

function checkAmounts(entry: NamedLimit, { limit, window = entry.window, burst }: Override, path: Path): readonly CheckIssue[] {
  const { algorithm = 'gcra', cost = 1 } = entry
  const windowMs = parseDuration(window) ?? 0
  const most = algorithm === 'gcra' ? (burst ?? limit) : limit
  const units = typeof cost === 'number' ? cost : (cost.default ?? 1)
  return [
    ...(windowMs > 0 && windowMs <= LONGEST_WINDOW_MS
      ? []
      : [error([...path, 'window'], `a window of ${window} is impossible`, 'more than 0 and at most 1d')]),
    ...(burst !== undefined && algorithm !== 'gcra' ? [error([...path, 'burst'], `\`${algorithm}\` has no burst`, 'only gcra has')] : []),
    ...(units > most ? [error([...path, 'limit'], `a request costs ${units}, but ${most} at most are admitted at once`)] : [])
  ]
}

/** Warnings: a token may name groups that the document does not. */
function checkNames({ overrides }: NamedLimit, path: Path, { consumers }: CheckContext): readonly CheckIssue[] {
  const groups = new Set(consumers.flatMap((consumer) => consumer.groups))
  const unknown = (kind: 'consumers' | 'groups', known: (name: string) => boolean) =>
    Object.keys(overrides?.[kind] ?? {}).flatMap((name) =>
      known(name) ? [] : [warning([...path, 'overrides', kind, name], `no consumer ${kind === 'groups' ? 'is in the group' : 'is named'} "${name}"`)]
    )
  return [...unknown('consumers', (name) => consumers.some((consumer) => consumer.name === name)), ...unknown('groups', (name) => groups.has(name))]
}

function checkStore({ store, onStoreError }: RateLimitConfig, { hasRedis }: CheckContext): readonly CheckIssue[] {
  if (store === 'redis' && !hasRedis) return [error(['store'], '`store: redis` needs the top-level `redis`')]
  const isMemory = store === 'memory' || !hasRedis
  return isMemory && onStoreError !== undefined ? [warning(['onStoreError'], '`onStoreError` has no effect: the memory is never away')] : []
}

function checkAllowed(allow: readonly string[], { consumers }: CheckContext): readonly CheckIssue[] {
  return allow.flatMap((text, index) => {
    const allowed = readAllowed(text)
    if (allowed === null) return [error(['allow', index], `"${text}" is no address, CIDR block or name of a consumer`)]
    if (typeof allowed !== 'string' || consumers.some(({ name }) => name === allowed)) return []
    return [warning(['allow', index], `no consumer is named "${text}"`)]
  })
}

function error(path: Path, message: string, hint?: string): CheckIssue {
  return { severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) }
}

function warning(path: Path, message: string, hint?: string): CheckIssue {
  return { severity: 'warning', path, message, ...(hint === undefined ? {} : { hint }) }
}
