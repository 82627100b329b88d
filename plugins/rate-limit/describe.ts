import { describePolicy, describeSharing, describeStore, type DescribeContext, type PolicyRule } from '../../src/plugin-api/index.ts'
import { policiesOf } from './policies.ts'
import type { RateLimitConfig } from './schema.ts'

/** A line for each limit, as a person would say it. */
export function describeConfig(config: RateLimitConfig, context: DescribeContext): readonly string[] {
  const where = describeStore(config, context)
  const lines = policiesOf(config, context.route.name).map((policy) => {
    const callers = describeSharing(policy.by)
    return `${describePolicy(policy, { amount, callers, algorithm: policy.usual.rule.algorithm })}; ${where}${isShared(config, context) ? leaseText(policy.usual) : ''}`
  })
  return config.allow === undefined ? lines : [...lines, `not limited: ${config.allow.join(', ')}`]
}

function leaseText({ rule: { lease } }: PolicyRule): string {
  return lease === undefined ? '' : `, ${lease.units} at a time for ${lease.forMs} ms (each gateway may let ${lease.units} more pass)`
}

function isShared({ store }: RateLimitConfig, { hasRedis }: DescribeContext): boolean {
  return store !== 'memory' && hasRedis
}

function amount({ rule, amount: told }: PolicyRule): string {
  return `${told}${rule.algorithm === 'gcra' && rule.burst !== rule.limit ? ` (${rule.burst} at once)` : ''}`
}
