import {
  createConsumerKey,
  describeBy,
  partsOf,
  ruleFor,
  type By,
  type Consumer,
  type LimitStore,
  type PolicyRule,
  type UsageCaller,
  type UsageReport
} from '../../src/plugin-api/index.ts'
import type { QuotaPolicy } from './policies.ts'

export interface UsagePlace {
  readonly route: string
  readonly store: 'memory' | 'redis'
  readonly limits: LimitStore
  readonly dryRun: boolean
  /** Of the document. */
  readonly consumers: readonly Consumer[]
}

export function reportOf(policy: QuotaPolicy, { route, store, limits, dryRun, consumers }: UsagePlace): UsageReport {
  const { name, by, period, window, usual, groups } = policy
  const { id, algorithm, limit } = usual.rule
  const amounts = [['', usual] as const, ...policy.consumers, ...groups].map(([who, { rule }]) => [who, rule.limit])
  return {
    quota: name,
    route: partsOf(by).includes('route') ? route : null,
    by: describeBy(by),
    period,
    window,
    dryRun,
    store,
    limits,
    count: JSON.stringify([id, algorithm]),
    amounts: JSON.stringify(amounts),
    limit,
    callers: (consumer) => callersOf(policy, consumer, consumers)
  }
}

/** Each count once for each amount that somebody may use of it. */
function callersOf(policy: QuotaPolicy, only: Consumer | null, all: readonly Consumer[]): readonly UsageCaller[] | null {
  const keyOf = createConsumerKey(policy.by)
  if (keyOf === null) return null
  const callers: UsageCaller[] = []
  const seen = new Map<string, Set<PolicyRule>>()
  const add = (key: string, found: PolicyRule, who: Pick<UsageCaller, 'consumer' | 'group'>): void => {
    const rules = seen.get(key) ?? new Set<PolicyRule>()
    if (rules.has(found)) return
    seen.set(key, rules.add(found))
    callers.push({ ...who, rule: found.rule, key })
  }
  // Also those that are no consumers use what is everybody's.
  if (only === null && isEverybodys(policy.by)) add(keyOf(NOBODY), policy.usual, {})
  for (const consumer of only === null ? all : [only]) add(keyOf(consumer), ruleFor(policy, consumer), whoOf(policy, consumer))
  return callers
}

const NOBODY: Consumer = { name: '', groups: [] }

function isEverybodys(by: By): boolean {
  return partsOf(by).every((part) => part === 'global' || part === 'route')
}

/** Whose the count is, and whose the amount where that is not everybody's. */
function whoOf({ by, consumers, groups: amounts }: QuotaPolicy, { name, groups }: Consumer): Pick<UsageCaller, 'consumer' | 'group'> {
  const parts = partsOf(by)
  const sharing = parts.includes('group') ? groups[0] : undefined
  if (parts.includes('consumer') || (parts.includes('group') && sharing === undefined)) return { consumer: name }
  const group = sharing ?? amounts.find(([one]) => groups.includes(one))?.[0]
  if (consumers.has(name)) return { ...(sharing === undefined ? {} : { group: sharing }), consumer: name }
  return group === undefined ? {} : { group }
}
