import {
  checkOneOrSeveral,
  checkOverrideNames,
  checkRouteOrGlobal,
  checkStoreChoice,
  checkUniqueNames,
  type CheckContext,
  type CheckIssue,
  type IssuePath
} from '../../src/plugin-api/index.ts'
import { entriesOf } from './policies.ts'
import type { ConcurrencyConfig } from './schema.ts'

const OF_ONE = ['limit', 'name', 'by', 'overrides'] as const

export function checkConfig(config: ConcurrencyConfig, context: CheckContext): readonly CheckIssue[] {
  const at = (index: number): IssuePath => (config.limits === undefined ? [] : ['limits', index])
  return [
    ...checkOneOrSeveral(config, 'limits', ['limit'], OF_ONE),
    ...checkUniqueNames('limits', 'limit', config.limits ?? []),
    ...entriesOf(config, context.route?.name ?? 'route').flatMap(({ by = 'consumer', overrides }, index) => [
      ...checkRouteOrGlobal(by, at(index)),
      ...checkOverrideNames(overrides, at(index), context)
    ]),
    ...checkStoreChoice(config, context)
  ]
}
