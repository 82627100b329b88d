import { PHASES, type PluginDefinition } from '../plugin-api/index.ts'
import type { PluginUse } from './check-plugins.ts'
import { formatPath } from './issue.ts'
import type { PluginPlan } from './plan.ts'

/**
 * The flat chains of a document's routes. Per name the most specific plugin wins, unless it stacks; `false` removes what wider scopes set.
 * A plugin of a wide scope is one object in all chains that have it, and a chain without plugins of the route's own is one list.
 */
export class Chains {
  readonly #global: readonly PluginUse[]
  readonly #byUpstream: ReadonlyMap<string | number | null, readonly PluginUse[]>
  readonly #byRoute: ReadonlyMap<string | number | null, readonly PluginUse[]>
  readonly #plans = new Map<PluginUse, PluginPlan>()
  readonly #inherited = new Map<string, readonly PluginPlan[]>()
  /** The chain of requests without a route. */
  readonly unmatched: readonly PluginPlan[]

  /** @param uses In any order of scopes, each scope in the order of the YAML. */
  constructor(uses: readonly PluginUse[]) {
    const byScope = Map.groupBy(uses, ({ scope }) => scope)
    this.#global = byScope.get('global') ?? []
    this.#byUpstream = Map.groupBy(byScope.get('upstream') ?? [], ({ owner }) => owner)
    this.#byRoute = Map.groupBy(byScope.get('route') ?? [], ({ owner }) => owner)
    this.unmatched = this.#merge(this.#global)
  }

  /** @param index Of the route in the document. */
  ofRoute(index: number, upstream: string): readonly PluginPlan[] {
    const own = this.#byRoute.get(index)
    if (own !== undefined) return this.#merge([...this.#global, ...(this.#byUpstream.get(upstream) ?? []), ...own])
    const among = this.#byUpstream.get(upstream)
    if (among === undefined) return this.unmatched
    let chain = this.#inherited.get(upstream)
    if (chain === undefined) this.#inherited.set(upstream, (chain = this.#merge([...this.#global, ...among])))
    return chain
  }

  /** @param uses The widest scope first. */
  #merge(uses: readonly PluginUse[]): readonly PluginPlan[] {
    let chain: readonly PluginPlan[] = []
    for (const use of uses) {
      const { alias, plugin } = use
      if (plugin === null || plugin.definition.stacks !== true) chain = chain.filter((other) => other.alias !== alias)
      if (plugin !== null) chain = [...chain, this.#planOf(use, plugin)]
    }
    // The sort is stable: scope, then the order of the YAML, decide where phase and order are equal.
    return chain.toSorted((a, b) => compareOrder(a.definition, b.definition))
  }

  #planOf(use: PluginUse, { definition, source, config }: NonNullable<PluginUse['plugin']>): PluginPlan {
    let plan = this.#plans.get(use)
    if (plan === undefined) {
      plan = { alias: use.alias, scope: use.scope, definition, config, where: formatPath(use.path), source }
      this.#plans.set(use, plan)
    }
    return plan
  }
}

/** Less than 0 when the first runs before the second, wherever they are configured. */
export function compareOrder(a: PluginDefinition, b: PluginDefinition): number {
  return PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) || (a.order ?? 0) - (b.order ?? 0)
}
