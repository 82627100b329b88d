import type { PluginDefinition } from '../plugin-api/index.ts'
import { applySchema, type CheckScope } from './check-context.ts'
import { suggestion } from './nearest.ts'
import { isMap, type JsonMap } from './prepare.ts'
import { textOf } from './reading.ts'

export interface Provider {
  /** Name of the plugin that it belongs to. */
  readonly type: string
  /** Without `type`; null when it is not right. */
  readonly config: unknown
}

/** The shared definitions, each against the `providerSchema` of its plugin. */
export function checkProviders(document: JsonMap, scope: CheckScope): ReadonlyMap<string, Provider> {
  const found = new Map<string, Provider>()
  const { providers } = document
  if (!isMap(providers)) return found
  for (const [name, entry] of Object.entries(providers)) {
    const path = ['providers', name]
    if (!isMap(entry)) {
      scope.issues.add(path, { code: 'wrong-type', message: 'expected a map' })
      found.set(name, { type: '', config: null })
      continue
    }
    const plugin = pluginOf(entry, path, scope)
    const { type: _, ...rest } = entry
    if (plugin?.providerSchema === undefined) {
      found.set(name, { type: '', config: rest })
      continue
    }
    // A plugin of others has no providers.
    const { value, ok } = applySchema(plugin.providerSchema, rest, path, scope, true)
    providers[name] = { type: plugin.name, ...(value as JsonMap) }
    for (const found of ok ? (plugin.checkProvider?.(value) ?? []) : []) {
      const { severity, message, hint } = found
      scope.issues.add([...path, ...found.path], { severity, code: 'plugin-check', message, hint })
    }
    found.set(name, { type: plugin.name, config: ok ? value : null })
  }
  return found
}

function pluginOf(entry: JsonMap, path: readonly string[], { builtins, issues }: CheckScope): PluginDefinition | null {
  const able = [...builtins.values()].filter(({ providerSchema }) => providerSchema !== undefined)
  const names = able.map(({ name }) => name)
  const type = textOf(entry['type'])
  if (type !== null) {
    const plugin = able.find(({ name }) => name === type)
    if (plugin === undefined)
      issues.add([...path, 'type'], {
        code: 'dangling-reference',
        message: `no plugin "${type}" takes shared definitions`,
        hint: suggestion(type, names, 'plugins that do')
      })
    return plugin ?? null
  }
  const [only] = able
  if (only !== undefined && able.length === 1) return only
  issues.add(path, {
    code: 'missing-key',
    message: 'the key "type" is missing',
    hint: suggestion('', names, 'plugins that take shared definitions'),
    focus: 'key'
  })
  return null
}
