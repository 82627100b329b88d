import type { PluginDefinition } from '../plugin-api/index.ts'
import { importUrl, type ImportedModule } from './load.ts'
import type { PluginSource } from './plan.ts'
import { type LoadedModule, moduleKey, wrapFastify } from './plugin-entry.ts'
import { toLoadedModule } from './plugin-modules.ts'
import type { BindPlugin } from './ship-plan.ts'

/**
 * Imports what a plan from another thread names of others' code, and finds each plugin's code by its name.
 * @throws Error when a module cannot be imported here, or is no plugin here
 */
export async function bindPlugins(modules: readonly ImportedModule[], builtins: readonly PluginDefinition[]): Promise<BindPlugin> {
  const byName = new Map(builtins.map((definition) => [definition.name, definition]))
  const loaded = new Map<string, LoadedModule>()
  for (const { url, ...reference } of modules) loaded.set(moduleKey(reference), toLoadedModule(reference, await importUrl(url), url))
  const wrapped = new Map<string, PluginDefinition>()
  return (alias, source) => {
    const definition = source.form === 'builtin' ? byName.get(source.name) : fromModule(alias, source, loaded, wrapped)
    if (definition === undefined) throw new Error(`the plugin ${source.form === 'builtin' ? source.name : source.specifier} is not there`)
    return definition
  }
}

/** A plain Fastify plugin is one definition for each name and phase under which it is used. */
function fromModule(
  alias: string,
  source: Exclude<PluginSource, { readonly form: 'builtin' }>,
  loaded: ReadonlyMap<string, LoadedModule>,
  wrapped: Map<string, PluginDefinition>
): PluginDefinition | undefined {
  const module = loaded.get(moduleKey(source))
  if (module?.kind === 'failed') throw new Error(`cannot load the plugin ${source.specifier}: ${module.reason}`)
  if (source.form === 'use') return module?.kind === 'definition' ? module.definition : undefined
  if (module?.kind !== 'fastify') return undefined
  const key = `${source.phase} ${alias} ${source.specifier}`
  const definition = wrapped.get(key) ?? wrapFastify(alias, source.phase, module.plugin)
  wrapped.set(key, definition)
  return definition
}
