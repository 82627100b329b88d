import { createFields, describeBy, durationMs, partsOf, type By, type Consumer, type LimitRule, type ToldRule } from '../../src/plugin-api/index.ts'
import type { NamedLimit, Override, RateLimitConfig } from './schema.ts'

/** A rule and what is told about it. */
export interface PolicyRule extends ToldRule {
  /** As configured. */
  readonly window: string
}

/** One limit of the configuration. */
export interface Policy {
  readonly name: string
  readonly by: By
  /** Units that are taken before the request is forwarded. */
  readonly cost: number
  /** Field of the answer, lower case, that says what it cost in truth. */
  readonly costField: string | null
  readonly usual: PolicyRule
  readonly consumers: ReadonlyMap<string, PolicyRule>
  /** The most generous first. */
  readonly groups: readonly (readonly [group: string, rule: PolicyRule])[]
}

/** The limits of a configuration that was checked, with all defaults. */
export function policiesOf(config: RateLimitConfig, route: string): readonly Policy[] {
  return entriesOf(config, route).map((entry) => policyOf(entry, route))
}

/** The one limit or the several, all in the form of the several. */
export function entriesOf(config: RateLimitConfig, route: string): readonly NamedLimit[] {
  if (config.limits !== undefined) return config.limits
  const { limit, window, name, burst, algorithm, by, cost, overrides } = config
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
      ...(overrides === undefined ? {} : { overrides })
    }
  ]
}

/** The rule for a consumer: its own, that of its groups, or the usual one. */
export function ruleFor(policy: Policy, consumer: Consumer | null): PolicyRule {
  if (consumer === null) return policy.usual
  const own = policy.consumers.get(consumer.name)
  if (own !== undefined) return own
  for (const [group, rule] of policy.groups) if (consumer.groups.includes(group)) return rule
  return policy.usual
}

/** Units that one request may cost at most. */
export function mostAtOnce({ algorithm, burst, limit }: LimitRule): number {
  return algorithm === 'gcra' ? burst : limit
}

function policyOf(entry: NamedLimit, route: string): Policy {
  const by = entry.by ?? 'ip'
  const { cost = 1, overrides } = entry
  const rules = (map: Readonly<Record<string, Override>> | undefined): [string, PolicyRule][] =>
    Object.entries(map ?? {}).map(([name, override]) => [name, ruleOf(entry, by, route, override)])
  return {
    name: entry.name,
    by,
    cost: typeof cost === 'number' ? cost : (cost.default ?? 1),
    costField: typeof cost === 'number' ? null : cost.responseHeader.toLowerCase(),
    usual: ruleOf(entry, by, route),
    consumers: new Map(rules(overrides?.consumers)),
    groups: rules(overrides?.groups).toSorted(([, a], [, b]) => paceOf(b) - paceOf(a))
  }
}

function ruleOf(entry: NamedLimit, by: By, route: string, override?: Override): PolicyRule {
  const { limit, window = entry.window } = override ?? entry
  const burst = (override ?? entry).burst ?? limit
  const windowMs = durationMs(window)
  const rule: LimitRule = {
    // Without the limit: raised by a reload, or for a consumer, it goes on with what was counted. Another window or caller is another count.
    id: JSON.stringify([isGlobal(by) ? '*' : route, entry.name, describeBy(by), windowMs]),
    algorithm: entry.algorithm ?? 'gcra',
    limit,
    windowMs,
    burst,
    calendar: null
  }
  return { rule, window, fields: createFields(entry.name, limit, windowMs) }
}

function isGlobal(by: By | undefined): boolean {
  return by !== undefined && partsOf(by).includes('global')
}

function paceOf({ rule }: PolicyRule): number {
  return rule.limit / rule.windowMs
}
