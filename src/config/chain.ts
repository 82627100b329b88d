import { PHASES, type PluginDefinition, type Scope } from '../plugin-api/index.ts'
import type { PluginUse } from './check-plugins.ts'
import { formatPath } from './issue.ts'
import type { PluginPlan } from './plan.ts'

const SCOPE_ORDER: Readonly<Record<Scope, number>> = { global: 0, upstream: 1, route: 2, consumer: 3 }

/**
 * The flat chain of one route. `uses` are those of its scopes in any order, each scope in the order of the YAML.
 * Per name the most specific one wins, unless the plugin stacks; `false` removes what wider scopes set.
 */
export function mergeChain(uses: readonly PluginUse[]): readonly PluginPlan[] {
  const byScope = [...uses].sort((a, b) => SCOPE_ORDER[a.scope] - SCOPE_ORDER[b.scope])
  let chain: readonly PluginPlan[] = []
  for (const { alias, path, scope, plugin } of byScope) {
    if (plugin === null || plugin.definition.stacks !== true) chain = chain.filter((other) => other.alias !== alias)
    if (plugin !== null) chain = [...chain, { alias, scope, definition: plugin.definition, config: plugin.config, where: formatPath(path) }]
  }
  // The sort is stable: scope, then the order of the YAML, decide where phase and order are equal.
  return [...chain].sort((a, b) => compareOrder(a.definition, b.definition))
}

/** Less than 0 when the first runs before the second, wherever they are configured. */
export function compareOrder(a: PluginDefinition, b: PluginDefinition): number {
  return PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) || (a.order ?? 0) - (b.order ?? 0)
}
