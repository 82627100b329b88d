import {
  chooseRules,
  createFields,
  describeBy,
  durationMs,
  partsOf,
  readCost,
  type By,
  type LimitPolicy,
  type LimitRule,
  type PolicyRule
} from '../../src/plugin-api/index.ts'
import { leaseOf } from './lease.ts'
import type { NamedLimit, Override, RateLimitConfig } from './schema.ts'

/** The limits of a configuration that was checked, with all defaults. */
export function policiesOf(config: RateLimitConfig, route: string): readonly LimitPolicy[] {
  return entriesOf(config, route).map((entry) => policyOf(entry, route))
}

/** The one limit or the several, all in the form of the several. */
export function entriesOf(config: RateLimitConfig, route: string): readonly NamedLimit[] {
  if (config.limits !== undefined) return config.limits
  const { limit, window, name, burst, algorithm, by, cost, overrides, lease } = config
  if (limit === undefined || window === undefined) return []
  return [
    {
      name: name ?? (isGlobal(by) ? 'global' : route),
      limit,
      window,
      ...(burst === undefined ? {} : { burst }),
      ...(algorithm === undefined ? {} : { algorithm }),
      ...(by === undefined ? {} : { by }),
      ...(cost === undefined ? {} : { cost }),
      ...(overrides === undefined ? {} : { overrides }),
      ...(lease === undefined ? {} : { lease })
    }
  ]
}

function policyOf(entry: NamedLimit, route: string): LimitPolicy {
  const by = entry.by ?? 'ip'
  const choice = chooseRules<Override, PolicyRule>(entry.overrides, (override) => ruleOf(entry, by, route, override), paceOf)
  return { name: entry.name, by, ...readCost(entry.cost), ...choice }
}

function ruleOf(entry: NamedLimit, by: By, route: string, override?: Override): PolicyRule {
  const { limit, window = entry.window } = override ?? entry
  const burst = (override ?? entry).burst ?? limit
  const windowMs = durationMs(window)
  const counted: LimitRule = {
    // Without the limit: raised by a reload, or for a consumer, it goes on with what was counted. Another window or caller is another count.
    id: JSON.stringify([isGlobal(by) ? '*' : route, entry.name, describeBy(by), windowMs]),
    algorithm: entry.algorithm ?? 'gcra',
    limit,
    windowMs,
    burst,
    calendar: null
  }
  const lease = leaseOf(entry.lease, counted)
  const rule = lease === null || lease === undefined ? counted : { ...counted, lease }
  const fields = createFields(entry.name, limit, windowMs)
  const amount = `${limit} in ${window}`
  return { rule, fields, amount, refusal: `The limit ${fields.name} of ${amount} is used up.` }
}

function isGlobal(by: By | undefined): boolean {
  return by !== undefined && partsOf(by).includes('global')
}

function paceOf({ rule }: PolicyRule): number {
  return rule.limit / rule.windowMs
}
