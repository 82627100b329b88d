import type { Consumer } from '../types.ts'
import type { ToldRule } from './answer-fields.ts'
import type { By } from './caller-schema.ts'

/** A rule and what is told about it. */
export interface PolicyRule extends ToldRule {
  /** `100 in 1m`, for operators. */
  readonly amount: string
  /** What a client is told when it is used up. */
  readonly refusal: string
}

/** Who has which rule of one limit. */
export interface RuleChoice<R> {
  readonly usual: R
  readonly consumers: ReadonlyMap<string, R>
  /** The most generous first. */
  readonly groups: readonly (readonly [group: string, rule: R])[]
}

/** One limit of a configuration. */
export interface LimitPolicy<R extends PolicyRule = PolicyRule> extends RuleChoice<R> {
  readonly name: string
  readonly by: By
  /** Units that are taken before the request is forwarded. */
  readonly cost: number
  /** Field of the answer, lower case, that says what it cost in truth. */
  readonly costField: string | null
}

/** The amounts of some consumers and groups, as configured. */
export interface Overrides<O> {
  readonly consumers?: Readonly<Record<string, O>>
  readonly groups?: Readonly<Record<string, O>>
}

/** @param ruleOf Without an override: the usual rule. @param generosity More for the more generous rule. */
export function chooseRules<O, R>(overrides: Overrides<O> | undefined, ruleOf: (override?: O) => R, generosity: (rule: R) => number): RuleChoice<R> {
  const rules = (map: Readonly<Record<string, O>> | undefined): [string, R][] =>
    Object.entries(map ?? {}).map(([name, override]) => [name, ruleOf(override)])
  return {
    usual: ruleOf(),
    consumers: new Map(rules(overrides?.consumers)),
    groups: rules(overrides?.groups).toSorted(([, a], [, b]) => generosity(b) - generosity(a))
  }
}

/** The rule for a consumer: its own, that of its groups, or the usual one. */
export function ruleFor<R>({ usual, consumers, groups }: RuleChoice<R>, consumer: Consumer | null): R {
  if (consumer === null) return usual
  const own = consumers.get(consumer.name)
  if (own !== undefined) return own
  for (const [group, rule] of groups) if (consumer.groups.includes(group)) return rule
  return usual
}

/** A fixed cost, or one that the answer says. */
export type Cost = number | { readonly responseHeader: string; readonly default?: number }

export function readCost(cost: Cost = 1): Pick<LimitPolicy, 'cost' | 'costField'> {
  if (typeof cost === 'number') return { cost, costField: null }
  return { cost: cost.default ?? 1, costField: cost.responseHeader.toLowerCase() }
}
