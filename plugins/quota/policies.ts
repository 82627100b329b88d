import {
  chooseRules,
  createFields,
  describeBy,
  partsOf,
  readCost,
  type By,
  type LimitPolicy,
  type LimitRule,
  type PolicyRule
} from '../../src/plugin-api/index.ts'
import type { NamedQuota, Override, QuotaConfig } from './schema.ts'

/** One quota of the configuration. */
export interface QuotaPolicy extends LimitPolicy {
  readonly period: NamedQuota['per']
  readonly window: NonNullable<NamedQuota['window']>
}

const HOUR_MS = 3_600_000
const PERIODS = {
  hour: { lengthMs: HOUR_MS, rolling: 'any 60 minutes' },
  day: { lengthMs: 24 * HOUR_MS, rolling: 'any 24 hours' },
  // Of a month of the calendar this is only what clients are told of its length.
  month: { lengthMs: 30 * 24 * HOUR_MS, rolling: 'any 30 days' }
} as const

/** What a rolling period is divided into: a caller then needs no more memory than so many entries, however large the quota. */
const CELLS = 720

/** The quotas of a configuration that was checked, with all defaults. */
export function policiesOf(config: QuotaConfig, route: string): readonly QuotaPolicy[] {
  return entriesOf(config).map((entry) => policyOf(entry, route))
}

/** The one quota or the several, all in the form of the several. */
export function entriesOf(config: QuotaConfig): readonly NamedQuota[] {
  if (config.quotas !== undefined) return config.quotas
  const { limit, per, name = 'quota', window, by, cost, overrides } = config
  if (limit === undefined || per === undefined) return []
  return [
    {
      name,
      limit,
      per,
      ...(window === undefined ? {} : { window }),
      ...(by === undefined ? {} : { by }),
      ...(cost === undefined ? {} : { cost }),
      ...(overrides === undefined ? {} : { overrides })
    }
  ]
}

function policyOf(entry: NamedQuota, route: string): QuotaPolicy {
  const { name, per, window = 'calendar', cost, overrides } = entry
  const by = callersOf(entry.by ?? 'consumer')
  const id = JSON.stringify(['quota', partsOf(by).includes('route') ? route : '*', name, describeBy(by), per])
  const choice = chooseRules<Override, PolicyRule>(
    overrides,
    (override) => ruleOf({ name, per, window, id, limit: (override ?? entry).limit }),
    ({ rule }) => rule.limit
  )
  return { name, by, period: per, window, ...readCost(cost), ...choice }
}

/** Routes share a count anyway: `global` is only needed where nothing else is said. */
function callersOf(by: By): By {
  const parts = partsOf(by).filter((part) => part !== 'global')
  return parts.length === 0 ? 'global' : parts
}

interface Terms extends Required<Pick<NamedQuota, 'name' | 'limit' | 'per' | 'window'>> {
  /** Without the limit: raised by a reload, or for a consumer, it goes on with what was counted. */
  readonly id: string
}

function ruleOf({ name, limit, per, window, id }: Terms): PolicyRule {
  const { lengthMs: windowMs, rolling } = PERIODS[per]
  const fields = createFields(name, limit, windowMs)
  const isRolling = window === 'rolling'
  const amount = isRolling ? `${limit} in ${rolling}` : `${limit} per ${per}`
  const common = { id, limit, windowMs, burst: limit }
  const rule: LimitRule = isRolling
    ? { ...common, algorithm: 'sliding-window', calendar: null, cellMs: windowMs / CELLS }
    : { ...common, algorithm: 'fixed-window', calendar: per }
  return { rule, fields, amount, refusal: `The quota ${fields.name} of ${amount} is used up.` }
}
