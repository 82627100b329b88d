import type { CheckContext, Consumer, PluginDefinition, Scope } from '../plugin-api/index.ts'
import { patternParamNames } from '../routing/path-shape.ts'
import { applySchema, hideInterpolated, type CheckScope } from './check-context.ts'
import type { Provider } from './check-providers.ts'
import type { Path } from './issue.ts'
import type { PluginSource } from './plan.ts'
import { suggestion } from './nearest.ts'
import { readEntry } from './plugin-entry.ts'
import { isMap, type JsonMap } from './prepare.ts'
import { listOf, mapOf, textOf } from './reading.ts'
import { toRouteMatch } from './route-match.ts'

/** One right entry of a `plugins` map. */
export interface PluginUse {
  readonly alias: string
  readonly path: Path
  readonly scope: Exclude<Scope, 'consumer'>
  /** Name of the upstream or index of the route; null for global ones. */
  readonly owner: string | number | null
  /** Null turns off an inherited plugin. */
  readonly plugin: {
    readonly definition: PluginDefinition
    readonly source: PluginSource
    readonly identity: string
    readonly config: unknown
  } | null
}

interface Place {
  readonly path: Path
  readonly scope: PluginUse['scope']
  readonly owner: PluginUse['owner']
  readonly entries: JsonMap
  /** Null when too little is right to ask a plugin. */
  readonly context: CheckContext | null
}

/** Every entry of every `plugins` map; completed configurations are written back into the document. */
export function checkPlugins(document: JsonMap, providers: ReadonlyMap<string, Provider>, scope: CheckScope): readonly PluginUse[] {
  const uses = placesOf(document, new Map([...providers].map(([name, { config }]) => [name, config])), scope).flatMap((place) =>
    Object.keys(place.entries).flatMap((alias) => checkEntry(alias, place, providers, scope) ?? [])
  )
  for (const use of uses) {
    if (use.plugin === null) checkTurnedOff(use, uses, document, scope)
  }
  return uses
}

function placesOf(document: JsonMap, providers: CheckContext['providers'], { issues }: CheckScope): readonly Place[] {
  const place = (path: Path, scope: Place['scope'], owner: Place['owner'], holder: unknown, context: CheckContext | null): readonly Place[] => {
    const { plugins: entries } = mapOf(holder)
    return isMap(entries) ? [{ path: [...path, 'plugins'], scope, owner, entries, context }] : []
  }
  const known = { providers, consumers: consumersOf(document), hasRedis: isMap(document['redis']) }
  return [
    ...place([], 'global', null, document, { route: null, ...known }),
    ...Object.entries(mapOf(document['upstreams'])).flatMap(([name, upstream]) =>
      place(['upstreams', name], 'upstream', name, upstream, { route: null, ...known })
    ),
    ...listOf(document['routes']).flatMap((route, index) => {
      const match = toRouteMatch(route, index)
      const usable = match !== null && !issues.isWrong(['routes', index, 'match'])
      const context = usable ? { route: { name: match.name, params: patternParamNames(match.path) }, ...known } : null
      return place(['routes', index], 'route', index, route, context)
    })
  ]
}

function consumersOf(document: JsonMap): readonly Consumer[] {
  return listOf(document['consumers']).flatMap((consumer) => {
    const name = textOf(mapOf(consumer)['name'])
    return name === null ? [] : [{ name, groups: listOf(mapOf(consumer)['groups']).flatMap((group) => textOf(group) ?? []) }]
  })
}

function checkEntry(alias: string, place: Place, providers: ReadonlyMap<string, Provider>, scope: CheckScope): PluginUse | null {
  const { issues } = scope
  const path = [...place.path, alias]
  const entry = readEntry(alias, place.entries[alias], scope.builtins, scope.modules)
  const use = { alias, path, scope: place.scope, owner: place.owner }
  if (entry.kind === 'off') return { ...use, plugin: null }
  if (entry.kind === 'wrong') {
    for (const { path: inner, ...finding } of entry.findings) issues.add([...path, ...inner], finding)
    return null
  }
  const { definition, source, identity, configPath } = entry
  if (!definition.scopes.includes(place.scope)) {
    issues.add(path, {
      code: 'plugin-scope',
      message: `the plugin "${definition.name}" cannot be used ${scopeText(place.scope)}`,
      hint: `it may stand ${definition.scopes.map(scopeText).join(' or ')}`,
      focus: 'key'
    })
    return null
  }
  const at = [...path, ...configPath]
  // Nothing says which options of a plain Fastify plugin are secret.
  if (configPath[0] === 'options') hideInterpolated(at, scope, true)
  const config = checkConfig(definition, entry.config, at, place.context, scope)
  if (config === undefined) return null
  checkProvider(definition, config, at, providers, scope)
  const [form] = configPath
  if (form === undefined) place.entries[alias] = config
  else (place.entries[alias] as JsonMap)[form] = config
  return { ...use, plugin: { definition, source, identity, config } }
}

/** Undefined when the configuration is wrong. */
function checkConfig(definition: PluginDefinition, config: unknown, path: Path, context: CheckContext | null, scope: CheckScope): unknown {
  try {
    const { value, ok } = applySchema(definition.schema, config, path, scope, scope.builtins.get(definition.name) === definition)
    if (!ok) return undefined
    for (const found of context === null ? [] : (definition.check?.(value, context) ?? [])) {
      const { severity, message, hint } = found
      scope.issues.add([...path, ...found.path], { severity, code: 'plugin-check', message, hint })
    }
    return value
  } catch (error) {
    // Somebody else's code: its schema may be no schema and its check may throw.
    const reason = error instanceof Error ? error.message : String(error)
    scope.issues.add(path, {
      code: 'plugin-check',
      message: `the plugin "${definition.name}" could not check its configuration: ${reason}`,
      focus: 'key'
    })
    return undefined
  }
}

function checkProvider(
  definition: PluginDefinition,
  config: unknown,
  path: Path,
  providers: ReadonlyMap<string, Provider>,
  { issues }: CheckScope
): void {
  const name = textOf(mapOf(config)['provider'])
  if (definition.providerSchema === undefined || name === null) return
  const provider = providers.get(name)
  const own = [...providers].filter(([, { type }]) => type === definition.name).map(([key]) => key)
  if (provider === undefined) {
    issues.add([...path, 'provider'], {
      code: 'dangling-reference',
      message: `there is no provider "${name}"`,
      hint: suggestion(name, own, 'providers')
    })
  } else if (provider.type !== '' && provider.type !== definition.name) {
    issues.add([...path, 'provider'], {
      code: 'dangling-reference',
      message: `the provider "${name}" is for the plugin "${provider.type}"`,
      hint: suggestion(name, own, 'providers')
    })
  }
}

function checkTurnedOff(use: PluginUse, uses: readonly PluginUse[], document: JsonMap, { issues }: CheckScope): void {
  const upstream = use.scope === 'route' ? mapOf(listOf(document['routes'])[Number(use.owner)])['upstream'] : null
  const inherited = uses.filter(
    (other) =>
      other.plugin !== null && use.scope !== 'global' && (other.scope === 'global' || (other.scope === 'upstream' && other.owner === upstream))
  )
  if (inherited.some(({ alias }) => alias === use.alias)) return
  const hint = suggestion(use.alias, [...new Set(inherited.map(({ alias }) => alias))], 'inherited plugins')
  issues.add(use.path, {
    severity: 'warning',
    code: 'nothing-to-turn-off',
    message: `there is no inherited plugin "${use.alias}" to turn off`,
    hint,
    focus: 'key'
  })
}

function scopeText(scope: Scope): string {
  switch (scope) {
    case 'global':
      return 'at the top level'
    case 'upstream':
      return 'in an upstream'
    case 'route':
      return 'in a route'
    case 'consumer':
      return 'in a consumer'
  }
}
