import type { PluginServices } from '../generation/plugin-deps.ts'
import type { StateLease } from '../generation/registry.ts'
import type { PluginLimits } from '../plugin-api/index.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { LoadPlan } from './scenario.ts'
import type { World } from './world.ts'

/** What the plugins of one load get; what they count of limits is kept. */
export function pluginServices(world: World, load: number, limits: PluginLimits): Omit<PluginServices, 'random' | 'consumers'> {
  const { clock, state, record, scenario } = world
  const { upstream, name: loadName } = scenario.loads[load] as LoadPlan
  const metrics: Pick<Metrics, 'pluginCounter'> = {
    pluginCounter: (name, _help, { policy = '', decision = name === 'rate_limit_store_errors_total' ? 'store_error' : name }) => ({
      metrics: { inc: () => record.limits.push({ upstream, load: loadName, policy, decision, atMs: world.elapsedMs }) },
      remove() {}
    })
  }
  return {
    clock,
    limits,
    reportUsage() {},
    metrics: metrics as Metrics,
    log: QUIET,
    lease: seriesApart(state, load),
    providers: {},
    http: { request: () => Promise.reject(new TypeError('nobody is asked in a simulation')) },
    signal: new AbortController().signal,
    pace: { map: (items, make) => Promise.resolve(items.map(make)) }
  }
}

const QUIET: PluginServices['log'] = { debug() {}, info() {}, warn() {}, error() {}, child: () => QUIET }

/** Series have no label for the route: loads would count in the same ones. */
function seriesApart(state: StateLease, load: number): StateLease {
  return {
    take: (key, make, dispose) => state.take(key.startsWith('metrics:') ? `load-${load}:${key}` : key, make, dispose),
    onRelease: (run) => state.onRelease(run),
    release: () => state.release()
  }
}
