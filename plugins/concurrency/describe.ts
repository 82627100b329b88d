import { describeOverrides, describeSharing, describeStore, type DescribeContext } from '../../src/plugin-api/index.ts'
import { policiesOf, type Policy } from './policies.ts'
import type { ConcurrencyConfig } from './schema.ts'

/** A line for each limit, as a person would say it. */
export function describeConfig(config: ConcurrencyConfig, context: DescribeContext): readonly string[] {
  const where = describeStore(config, context)
  return policiesOf(config, context.route.name).map((policy) => `${textOf(policy)}; ${where}`)
}

function textOf(policy: Policy): string {
  const { name, by, usual } = policy
  return [`${name}: ${usual.limit} at once ${describeSharing(by)}`, ...describeOverrides(policy, ({ limit }) => limit)].join('; ')
}
