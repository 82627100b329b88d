import { canonicalJson, isSameValue } from './canonical.ts'
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

/** What a reload from `a` to `b` changes, by name; for the log. `turn` is asked for between two parts of the work, which is long for large plans. */
export async function diffPlans(a: Plan, b: Plan, turn: () => Promise<void> | null = () => null): Promise<PlanDiff> {
  return {
    equal: a.hash === b.hash,
    routes: await changes(a.routes, b.routes, ({ match }) => match.name, isSameRoute, turn),
    upstreams: await changes(a.upstreams, b.upstreams, nameOf, isSameValue, turn),
    listeners: await changes(a.listeners, b.listeners, nameOf, isSameValue, turn),
    settings: settingsOf(a) !== settingsOf(b)
  }
}

async function changes<T>(
  before: readonly T[],
  after: readonly T[],
  nameOf: (value: T) => string,
  isSame: (a: T, b: T) => boolean,
  turn: () => Promise<void> | null
): Promise<Changes> {
  const old = new Map(before.map((value) => [nameOf(value), value]))
  const added: string[] = []
  const changed: string[] = []
  for (const value of after) {
    const name = nameOf(value)
    const was = old.get(name)
    if (was === undefined) added.push(name)
    else if (!isSame(was, value)) changed.push(name)
    old.delete(name)
    const pause = turn()
    if (pause !== null) await pause
  }
  return { added, removed: [...old.keys()], changed }
}

function nameOf({ name }: { readonly name: string }): string {
  return name
}

/** Without its index: a route that only moved in the file is the same. */
function isSameRoute(a: RoutePlan, b: RoutePlan): boolean {
  const { match: matchA, plugins: pluginsA, ...restA } = a
  const { match: matchB, plugins: pluginsB, ...restB } = b
  return isSameValue({ ...matchA, id: 0 }, { ...matchB, id: 0 }) && areSamePlugins(pluginsA, pluginsB) && isSameValue(restA, restB)
}

function areSamePlugins(a: readonly PluginPlan[], b: readonly PluginPlan[]): boolean {
  return a.length === b.length && a.every((plugin, index) => isSameValue(pluginFacts(plugin), pluginFacts(b[index] as PluginPlan)))
}

function pluginFacts({ alias, definition, scope, config }: PluginPlan): object {
  return { alias, name: definition.name, phase: definition.phase, scope, config }
}

function settingsOf(plan: Plan): string {
  const { admin, trustedProxies, workers, limits, clientTimeouts, shutdown, log, zone, overload, providers, unmatched } = plan
  const plugins = unmatched.plugins.map(pluginFacts)
  return canonicalJson({ admin, trustedProxies, workers, limits, clientTimeouts, shutdown, log, zone, overload, providers, plugins })
}
