import { canonicalJson } from './canonical.ts'
import type { Plan, PluginPlan, RoutePlan } from './plan.ts'

/** Names of what differs. */
export interface Changes {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

export interface PlanDiff {
  /** Whether the two plans do the same. */
  readonly equal: boolean
  readonly routes: Changes
  readonly upstreams: Changes
  readonly listeners: Changes
  /** Whether anything else differs: limits, timeouts, admin, log, zone, overload, providers, plugins for requests without a route. */
  readonly settings: boolean
}

/** What a reload from `a` to `b` changes, by name; for the log. */
export function diffPlans(a: Plan, b: Plan): PlanDiff {
  return {
    equal: a.hash === b.hash,
    routes: changes(a.routes.map(routeEntry), b.routes.map(routeEntry)),
    upstreams: changes(a.upstreams.map(entryByName), b.upstreams.map(entryByName)),
    listeners: changes(a.listeners.map(entryByName), b.listeners.map(entryByName)),
    settings: settingsOf(a) !== settingsOf(b)
  }
}

type Entry = readonly [name: string, value: string]

function changes(before: readonly Entry[], after: readonly Entry[]): Changes {
  const [old, now] = [new Map(before), new Map(after)]
  return {
    added: [...now.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !now.has(name)),
    changed: [...now].filter(([name, value]) => old.has(name) && old.get(name) !== value).map(([name]) => name)
  }
}

function entryByName(value: { readonly name: string }): Entry {
  return [value.name, canonicalJson(value)]
}

/** Without its index: a route that only moved in the file is the same. */
function routeEntry(route: RoutePlan): Entry {
  const { id: _, ...match } = route.match
  return [match.name, canonicalJson({ ...route, match, plugins: route.plugins.map(pluginFacts) })]
}

function pluginFacts({ alias, definition, scope, config }: PluginPlan): object {
  return { alias, name: definition.name, phase: definition.phase, scope, config }
}

function settingsOf(plan: Plan): string {
  const { admin, trustedProxies, workers, limits, clientTimeouts, shutdown, log, zone, overload, providers, unmatched } = plan
  const plugins = unmatched.plugins.map(pluginFacts)
  return canonicalJson({ admin, trustedProxies, workers, limits, clientTimeouts, shutdown, log, zone, overload, providers, plugins })
}
