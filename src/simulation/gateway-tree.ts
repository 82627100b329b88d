import type { IssueCollector } from '../config/collector.ts'
import type { MapEntry, MapNode, Node, Position, ScalarNode } from '../config/tree.ts'

/**
 * A gateway configuration made of the very nodes of a scenario, so that its checks find what they find where it stands. Each load is a
 * route of its own. Of plugins only the limits of loads run here: those of upstreams are left out, with a warning.
 */
export function gatewayTree(scenario: MapNode, issues: IssueCollector): MapNode {
  const { at } = scenario
  const upstreams = valueOf(scenario, 'upstreams')
  const load = valueOf(scenario, 'load')
  const zone = scenario.entries.find(({ key }) => key === 'zone')
  const loads = load?.kind === 'list' ? load.items.map((item) => (item.kind === 'map' ? item : null)) : []
  const routes = loads.flatMap((item, index) => (item === null ? [] : [routeNode(item, index)]))
  return map(at, [
    entry(at, 'version', scalar(at, 1)),
    ...(zone === undefined ? [] : [zone]),
    ...(upstreams === null ? [] : [entry(at, 'upstreams', withoutPlugins(upstreams, issues))]),
    // Nobody connects to it: it says that there is one.
    ...(valueOf(scenario, 'redis') === null ? [] : [entry(at, 'redis', map(at, [entry(at, 'url', scalar(at, 'redis://simulated'))]))]),
    entry(at, 'consumers', { kind: 'list', at, items: consumerNodes(loads.filter((item) => item !== null)) }),
    entry(at, 'routes', { kind: 'list', at: load?.at ?? at, items: routes })
  ])
}

const ROUTE_KEYS: ReadonlySet<string> = new Set(['upstream', 'circuitBreaker', 'bulkhead'])

function routeNode(load: MapNode, index: number): MapNode {
  const { at } = load
  const plugins = load.entries.flatMap(({ key, keyAt, value }) => (key === 'rateLimit' ? [{ key: 'rate-limit', keyAt, value }] : []))
  return map(at, [
    entry(at, 'name', valueOf(load, 'name') ?? scalar(at, `load-${index}`)),
    entry(at, 'match', map(at, [entry(at, 'path', scalar(at, `/load-${index}`))])),
    ...load.entries.filter(({ key }) => ROUTE_KEYS.has(key)),
    ...(plugins.length === 0 ? [] : [entry(at, 'plugins', map(at, plugins))])
  ])
}

/** Each consumer once; names that are none are told where they stand. */
function consumerNodes(loads: readonly MapNode[]): readonly MapNode[] {
  const nodes = new Map<string, MapNode>()
  for (const load of loads) {
    const name = valueOf(load, 'consumer')
    if (name?.kind !== 'scalar' || typeof name.value !== 'string' || nodes.has(name.value)) continue
    const groups = load.entries.filter(({ key }) => key === 'groups')
    nodes.set(name.value, map(name.at, [entry(name.at, 'name', name), ...groups]))
  }
  return [...nodes.values()]
}

function withoutPlugins(upstreams: Node, issues: IssueCollector): Node {
  if (upstreams.kind !== 'map') return upstreams
  const entries = upstreams.entries.map((upstream) => {
    if (upstream.value.kind !== 'map' || valueOf(upstream.value, 'plugins') === null) return upstream
    issues.add(['upstreams', upstream.key, 'plugins'], {
      severity: 'warning',
      code: 'not-simulated',
      message: 'plugins are not simulated',
      focus: 'key'
    })
    return { ...upstream, value: { ...upstream.value, entries: upstream.value.entries.filter(({ key }) => key !== 'plugins') } }
  })
  return { ...upstreams, entries }
}

function valueOf(node: MapNode, key: string): Node | null {
  return node.entries.find((candidate) => candidate.key === key)?.value ?? null
}

function map(at: Position, entries: readonly MapEntry[]): MapNode {
  return { kind: 'map', at, entries }
}

function entry(at: Position, key: string, value: Node): MapEntry {
  return { key, keyAt: at, value }
}

function scalar(at: Position, value: string | number): ScalarNode {
  return { kind: 'scalar', at, value, marks: [], origin: null }
}
