import { chooseRules, describeBy, partsOf, type By, type PermitRule, type RuleChoice } from '../../src/plugin-api/index.ts'
import type { ConcurrencyConfig, NamedLimit, Override } from './schema.ts'

/** One limit of the configuration. */
export interface Policy extends RuleChoice<PermitRule> {
  readonly name: string
  readonly by: By
}

/** Without a consumer it is the client's address. */
const DEFAULT_BY: By = 'consumer'

/** The limits of a configuration that was checked, with all defaults. */
export function policiesOf(config: ConcurrencyConfig, route: string): readonly Policy[] {
  return entriesOf(config, route).map((entry) => policyOf(entry, route))
}

/** The one limit or the several, all in the form of the several. */
export function entriesOf(config: ConcurrencyConfig, route: string): readonly NamedLimit[] {
  const { limits, limit, name, by, overrides } = config
  if (limits !== undefined) return limits
  if (limit === undefined) return []
  return [
    {
      name: name ?? (isGlobal(by ?? DEFAULT_BY) ? 'global' : route),
      limit,
      ...(by === undefined ? {} : { by }),
      ...(overrides === undefined ? {} : { overrides })
    }
  ]
}

function policyOf({ name, limit, by = DEFAULT_BY, overrides }: NamedLimit, route: string): Policy {
  // Without the limit: changed by a reload, or for a consumer, it goes on with those that are in flight.
  const id = JSON.stringify([isGlobal(by) ? '*' : route, name, describeBy(by)])
  const ruleOf = (override?: Override): PermitRule => ({ id, limit: override?.limit ?? limit })
  return { name, by, ...chooseRules(overrides, ruleOf, (rule) => rule.limit) }
}

function isGlobal(by: By): boolean {
  return partsOf(by).includes('global')
}
