import { describePart, partsOf, type By, type DescribeContext } from '../../src/plugin-api/index.ts'
import { policiesOf, type Policy, type PolicyRule } from './policies.ts'
import type { RateLimitConfig } from './schema.ts'

/** A line for each limit, as a person would say it. */
export function describeConfig(config: RateLimitConfig, { route, hasRedis }: DescribeContext): readonly string[] {
  const isShared = config.store !== 'memory' && hasRedis
  const where = isShared ? `in redis (while it is away: ${config.onStoreError ?? 'local'})` : 'in memory'
  const dry = config.dryRun ? ', dry run' : ''
  const lines = policiesOf(config, route.name).map((policy) => `${textOf(policy)}; ${where}${dry}`)
  return config.allow === undefined ? lines : [...lines, `not limited: ${config.allow.join(', ')}`]
}

function textOf(policy: Policy): string {
  const { name, by, cost, costField, usual, consumers, groups } = policy
  const { algorithm } = usual.rule
  const others = [
    ...[...consumers].map(([consumer, rule]) => `${consumer} ${amount(rule)}`),
    ...groups.map(([group, rule]) => `group ${group} ${amount(rule)}`)
  ]
  return [
    `${name}: ${amount(usual)} ${keyText(by)}, ${algorithm}`,
    ...(costField === null ? (cost === 1 ? [] : [`a request costs ${cost}`]) : [`a request costs what ${costField} says, ${cost} at first`]),
    ...(others.length === 0 ? [] : [`but ${others.join(', ')}`])
  ].join('; ')
}

function amount({ rule, window }: PolicyRule): string {
  return `${rule.limit} in ${window}${rule.algorithm === 'gcra' && rule.burst !== rule.limit ? ` (${rule.burst} at once)` : ''}`
}

function keyText(by: By): string {
  const parts = partsOf(by)
  const own = parts.flatMap((part) => (part === 'global' || part === 'route' ? [] : [describePart(part)]))
  return `${own.length === 0 ? 'for everybody' : `by ${own.join(' and ')}`}${parts.includes('global') ? ' over all routes' : ''}`
}
