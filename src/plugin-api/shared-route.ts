import type { PluginDeps, PluginRoute } from './types.ts'

/** Adds `route` to what a plugin gets. Of an instance that routes share it cannot be read, and is not copied along with the rest. */
export function withRoute(plugin: string, deps: Omit<PluginDeps, 'route'>, route: PluginRoute): PluginDeps {
  if (!deps.isShared) return { ...deps, route }
  return Object.defineProperty(deps, 'route', {
    get() {
      throw new TypeError(`the plugin ${plugin} is shared by routes: deps.perRoute has what differs between them`)
    }
  }) as PluginDeps
}
