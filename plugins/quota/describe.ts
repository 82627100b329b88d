import { describeCallers, describePolicy, describeStore, partsOf, type DescribeContext, type PolicyRule } from '../../src/plugin-api/index.ts'
import { policiesOf, type QuotaPolicy } from './policies.ts'
import type { QuotaConfig } from './schema.ts'

/** A line for each quota, as a person would say it. */
export function describeConfig(config: QuotaConfig, context: DescribeContext): readonly string[] {
  const where = describeStore(config, context)
  return policiesOf(config, context.route.name).map((policy) => `${textOf(policy)}; ${where}`)
}

function textOf(policy: QuotaPolicy): string {
  const { by, window } = policy
  const callers = `${describeCallers(by)}${partsOf(by).includes('route') ? '' : ' over all routes'}`
  return describePolicy(policy, {
    amount: ({ amount }: PolicyRule) => amount,
    callers,
    algorithm: window === 'calendar' ? 'calendar in UTC' : 'rolling'
  })
}
