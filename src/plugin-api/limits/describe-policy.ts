import type { DescribeContext } from '../types.ts'
import { describePart, partsOf } from './caller-key.ts'
import type { By } from './caller-schema.ts'
import type { StoreChoice } from './limiter-hook.ts'
import type { LimitPolicy, PolicyRule, RuleChoice } from './policy.ts'

export interface PolicyWords<R extends PolicyRule> {
  readonly amount: (rule: R) => string
  /** Who shares a count, such as `by consumer`. */
  readonly callers: string
  /** How is counted. */
  readonly algorithm: string
}

/** `orders: 100 in 1m by consumer, gcra; but group gold 900 in 1m` */
export function describePolicy<R extends PolicyRule>(policy: LimitPolicy<R>, { amount, callers, algorithm }: PolicyWords<R>): string {
  const { name, cost, costField, usual } = policy
  return [
    `${name}: ${amount(usual)} ${callers}, ${algorithm}`,
    ...(costField === null ? (cost === 1 ? [] : [`a request costs ${cost}`]) : [`a request costs what ${costField} says, ${cost} at first`]),
    ...describeOverrides(policy, amount)
  ].join('; ')
}

/** `but mobile-app 500 in 1m, group gold 900 in 1m`; nothing without overrides. */
export function describeOverrides<R>({ consumers, groups }: RuleChoice<R>, amount: (rule: R) => string | number): readonly string[] {
  const others = [
    ...[...consumers].map(([consumer, rule]) => `${consumer} ${amount(rule)}`),
    ...groups.map(([group, rule]) => `group ${group} ${amount(rule)}`)
  ]
  return others.length === 0 ? [] : [`but ${others.join(', ')}`]
}

/** As `describeCallers` of a limit whose counts are the route's unless they are global. */
export function describeSharing(by: By): string {
  return `${describeCallers(by)}${partsOf(by).includes('global') ? ' over all routes' : ''}`
}

/** `by consumer and header x-key`, `for everybody`. Which routes share the count is not said. */
export function describeCallers(by: By): string {
  const own = partsOf(by).flatMap((part) => (part === 'global' || part === 'route' ? [] : [describePart(part)]))
  return own.length === 0 ? 'for everybody' : `by ${own.join(' and ')}`
}

/** `in redis (while it is away: local)`, `in memory, dry run` */
export function describeStore({ store, onStoreError, dryRun }: StoreChoice & { readonly dryRun: boolean }, { hasRedis }: DescribeContext): string {
  const isShared = store !== 'memory' && hasRedis
  return `${isShared ? `in redis (while it is away: ${onStoreError ?? 'local'})` : 'in memory'}${dryRun ? ', dry run' : ''}`
}
