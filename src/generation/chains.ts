import { canonicalJson } from '../config/canonical.ts'
import type { AuthenticationPlan, PluginPlan, RoutePlan } from '../config/plan.ts'

/** Plugins in their order, and the routes whose requests go through them. */
export interface Chain {
  readonly id: number
  /** At least one; exactly one unless it is shared. */
  readonly routes: readonly RoutePlan[]
  readonly plugins: readonly PluginPlan[]
  readonly authentication: AuthenticationPlan
  readonly isShared: boolean
}

/**
 * The chains of all routes that have plugins, in the order of the first route of each. Routes with the same plugins and settings share one where
 * all of these plugins can be shared. A step for each route.
 */
export function* findChains(routes: readonly RoutePlan[]): Generator<void, readonly Chain[], undefined> {
  const chains: (Chain & { readonly routes: RoutePlan[] })[] = []
  const shared = new Map<string, RoutePlan[]>()
  const identityOf = createIdentity()
  for (const route of routes) {
    const { plugins, authentication } = route
    if (plugins.length === 0) continue
    const identity = identityOf(plugins)
    const key = identity === null ? null : `${identity} ${authentication.require} ${JSON.stringify(authentication.anonymous)}`
    const known = key === null ? undefined : shared.get(key)
    if (known === undefined) {
      const members = [route]
      chains.push({ id: chains.length, routes: members, plugins, authentication, isShared: key !== null })
      if (key !== null) shared.set(key, members)
    } else known.push(route)
    yield
  }
  return chains
}

/** Whether one instance of each may serve several routes. */
export function areShared(plugins: readonly PluginPlan[]): boolean {
  return plugins.every(({ definition }) => definition.shared === true)
}

/**
 * Equal numbers for the same plugins with equal settings in the same order; null for those that cannot be shared. Plugins that several routes
 * inherit are the same objects for all of them, and their settings are written once.
 */
function createIdentity(): (plugins: readonly PluginPlan[]) => number | null {
  const lists = new Map<readonly PluginPlan[], number | null>()
  const definitions = new Map<unknown, number>()
  const settings = new Map<unknown, string>()
  const chains = new Map<string, number>()
  const textOf = ({ alias, definition, config }: PluginPlan): string => {
    let text = settings.get(config)
    if (text === undefined) settings.set(config, (text = canonicalJson(config)))
    return `${numberOf(definition, definitions)} ${JSON.stringify(alias)} ${text}`
  }
  return (plugins) => {
    let identity = lists.get(plugins)
    if (identity !== undefined) return identity
    identity = areShared(plugins) ? numberOf(plugins.map(textOf).join('\n'), chains) : null
    lists.set(plugins, identity)
    return identity
  }
}

function numberOf<K>(key: K, numbers: Map<K, number>): number {
  const known = numbers.get(key)
  if (known !== undefined) return known
  numbers.set(key, numbers.size)
  return numbers.size - 1
}
