import type { FastifyPluginAsync } from 'fastify'
import { PHASES, SCOPES, Type, type Phase, type PluginDefinition, type TSchema } from '../plugin-api/index.ts'
import { CLOSED, Text } from './schema-parts.ts'
import type { Finding } from './collector.ts'
import type { Path } from './issue.ts'
import type { PluginSource } from './plan.ts'
import { suggestion } from './nearest.ts'
import { isMap } from './prepare.ts'
import { checkSchema, type SchemaFinding } from './schema-check.ts'

/** A module that the document names, found or not. */
export type LoadedModule =
  /** `identity` changes when the module does; it is part of the hash of the plan. */
  | { readonly kind: 'definition'; readonly definition: PluginDefinition; readonly identity: string }
  | { readonly kind: 'fastify'; readonly plugin: FastifyPluginAsync<object>; readonly identity: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly hint?: string }

/** Loaded modules by `moduleKey`. */
export type Modules = ReadonlyMap<string, LoadedModule>

export interface ModuleReference {
  readonly form: 'use' | 'fastify'
  readonly specifier: string
}

export function moduleKey({ form, specifier }: ModuleReference): string {
  return `${form} ${specifier}`
}

/** `{use: …}`: another plugin under a name of one's own. */
export const UseEntry = Type.Object(
  {
    use: Text('A built-in plugin, a package, or a file such as `./my-plugin.ts`, relative to this document.'),
    config: Type.Optional(Type.Unknown({ description: 'Configuration of the plugin, checked by its own schema.' }))
  },
  { ...CLOSED, description: 'A plugin under a name of your own.' }
)

/** `{fastify: …}`: any Fastify plugin. */
export const FastifyEntry = Type.Object(
  {
    fastify: Text('A package, or a file relative to this document, that exports a Fastify plugin.'),
    phase: Type.Enum([...PHASES], { description: 'When it sees a request.', default: 'edge' }),
    options: Type.Record(Type.String(), Type.Unknown(), { description: 'Its options, passed on as they are.', default: {} })
  },
  { ...CLOSED, description: 'A plain Fastify plugin.' }
)

/** What one entry of a `plugins` map means. */
export type Entry =
  | { readonly kind: 'off' }
  | {
      readonly kind: 'use'
      readonly definition: PluginDefinition
      readonly source: PluginSource
      readonly identity: string
      readonly config: unknown
      readonly configPath: Path
    }
  | { readonly kind: 'wrong'; readonly findings: readonly SchemaFinding[] }

/** Finds the plugin of an entry; paths are relative to the entry. */
export function readEntry(alias: string, value: unknown, builtins: ReadonlyMap<string, PluginDefinition>, modules: Modules): Entry {
  if (value === false) return { kind: 'off' }
  const builtin = builtins.get(alias)
  if (builtin !== undefined) return readBuiltin(builtin, value)
  if (!isMap(value) || !('use' in value || 'fastify' in value)) {
    const hint = suggestion(alias, [...builtins.keys()], 'built-in plugins')
    const other = 'a name of your own needs `use` or `fastify`'
    return wrong([], {
      code: 'unknown-plugin',
      message: `unknown plugin "${alias}"`,
      hint: hint.startsWith('did') ? hint : `${other}; ${hint}`,
      focus: 'key'
    })
  }
  if ('use' in value && 'fastify' in value)
    return wrong([], { code: 'plugin-forms', message: 'expected one of use and fastify, not both', focus: 'key' })
  return 'use' in value ? readUse(value, builtins, modules) : readFastify(alias, value, modules)
}

/** The module that an entry names, when it names one that is no built-in. */
export function referenceOf(alias: string, value: unknown, builtins: ReadonlyMap<string, PluginDefinition>): ModuleReference | null {
  if (!isMap(value) || builtins.has(alias)) return null
  const { use, fastify } = value
  if (typeof use === 'string' && use !== '') return builtins.has(use) ? null : { form: 'use', specifier: use }
  return typeof fastify === 'string' && fastify !== '' ? { form: 'fastify', specifier: fastify } : null
}

function readBuiltin(definition: PluginDefinition, value: unknown): Entry {
  const known = (definition.schema as { readonly properties?: object }).properties ?? {}
  const form = isMap(value) ? ['use', 'fastify'].find((key) => key in value && !(key in known)) : undefined
  if (form !== undefined) {
    const message = `"${definition.name}" is a built-in plugin and takes its configuration here, not \`${form}\``
    return wrong([form], { code: 'plugin-forms', message, hint: 'choose another name for the entry', focus: 'key' })
  }
  if (value === true) return wrong([], { code: 'wrong-type', message: 'expected a map or false, got true', hint: 'write {} for the defaults' })
  return { kind: 'use', definition, source: builtinSource(definition), identity: definition.name, config: value ?? {}, configPath: [] }
}

function readUse(value: Record<string, unknown>, builtins: ReadonlyMap<string, PluginDefinition>, modules: Modules): Entry {
  const findings = checkSchema(UseEntry, value, true)
  if (findings.length > 0) return { kind: 'wrong', findings }
  const specifier = String(value['use'])
  const config = value['config'] ?? {}
  const builtin = builtins.get(specifier)
  if (builtin !== undefined) {
    return { kind: 'use', definition: builtin, source: builtinSource(builtin), identity: builtin.name, config, configPath: ['config'] }
  }
  const loaded = modules.get(moduleKey({ form: 'use', specifier }))
  if (loaded?.kind === 'definition') {
    const { definition, identity } = loaded
    return { kind: 'use', definition, source: { form: 'use', specifier }, identity, config, configPath: ['config'] }
  }
  const [close] = /^[\w-]+$/.test(specifier) ? [suggestion(specifier, [...builtins.keys()], '')].filter((text) => text.startsWith('did')) : []
  return notLoaded(['use'], specifier, loaded, close)
}

function readFastify(alias: string, value: Record<string, unknown>, modules: Modules): Entry {
  value['phase'] ??= 'edge'
  value['options'] ??= {}
  const findings = checkSchema(FastifyEntry, value, true)
  if (findings.length > 0) return { kind: 'wrong', findings }
  const specifier = String(value['fastify'])
  const loaded = modules.get(moduleKey({ form: 'fastify', specifier }))
  if (loaded?.kind !== 'fastify') return notLoaded(['fastify'], specifier, loaded)
  const phase = value['phase'] as Phase
  const definition = wrapFastify(alias, phase, loaded.plugin)
  const source: PluginSource = { form: 'fastify', specifier, phase }
  return { kind: 'use', definition, source, identity: loaded.identity, config: value['options'], configPath: ['options'] }
}

function builtinSource({ name }: PluginDefinition): PluginSource {
  return { form: 'builtin', name }
}

/** A plain Fastify plugin as a plugin of the gateway. */
export function wrapFastify(name: string, phase: Phase, plugin: FastifyPluginAsync<object>): PluginDefinition {
  const schema: TSchema = Type.Object({}, { additionalProperties: true })
  return Object.freeze({
    name,
    phase,
    schema,
    scopes: SCOPES.filter((scope) => scope !== 'consumer'),
    async register(app, options) {
      // Fastify takes the options object as its own, and the plan is frozen.
      await app.register(inThisContext(plugin), structuredClone(options) as object)
    }
  } satisfies PluginDefinition)
}

/**
 * What `fastify-plugin` does, without changing the author's function. Left to itself Fastify gives a plain plugin a context of its own,
 * which no route is in: its hooks, a refusal of strangers among them, would never run.
 */
function inThisContext(plugin: FastifyPluginAsync<object>): FastifyPluginAsync<object> {
  const original = plugin as (...args: unknown[]) => Promise<void>
  // Fastify tells by the number of parameters whether a plugin calls back.
  const wrapped =
    plugin.length < 3
      ? (app: unknown, options: unknown) => original(app, options)
      : (app: unknown, options: unknown, done: unknown) => original(app, options, done)
  return Object.assign(wrapped, { [Symbol.for('skip-override')]: true }) as unknown as FastifyPluginAsync<object>
}

function notLoaded(path: Path, specifier: string, loaded: LoadedModule | undefined, close?: string): Entry {
  const failed = loaded?.kind === 'failed' ? loaded : null
  const message = `cannot load the plugin ${specifier}: ${failed?.reason ?? 'it was not loaded'}`
  return wrong(path, { code: 'plugin-load', message, hint: close ?? failed?.hint })
}

function wrong(path: Path, finding: Finding): Entry {
  return { kind: 'wrong', findings: [{ ...finding, path }] }
}
