import type { FastifyPluginAsync } from 'fastify'
import { PHASES, SCOPES, type PluginDefinition } from '../plugin-api/index.ts'
import type { LoadedModule, ModuleReference } from './plugin-entry.ts'
import { isMap } from './prepare.ts'

/** What the exports of a module are to the gateway. */
export function toLoadedModule({ form }: ModuleReference, namespace: unknown, identity: string): LoadedModule {
  const exported = defaultExport(namespace)
  if (form === 'fastify') {
    if (typeof exported === 'function') return { kind: 'fastify', plugin: exported as FastifyPluginAsync<object>, identity }
    return { kind: 'failed', reason: 'it exports no Fastify plugin (a function)' }
  }
  const problem = definitionProblem(exported)
  if (problem === null) return { kind: 'definition', definition: exported as PluginDefinition, identity }
  const hint =
    typeof exported === 'function' ? 'name a plain Fastify plugin with `fastify` instead of `use`' : 'write `export default definePlugin({ … })`'
  return { kind: 'failed', reason: problem, hint }
}

/** CommonJS modules that were compiled from ES modules have their default export one level further down. */
function defaultExport(namespace: unknown): unknown {
  const exports = (namespace ?? {}) as { readonly default?: unknown }
  const first = exports.default ?? namespace
  return isMap(first) && '__esModule' in first && 'default' in first ? first['default'] : first
}

function definitionProblem(value: unknown): string | null {
  if (!isMap(value)) return 'its default export is no plugin definition'
  const { name, phase, order, scopes, schema, register } = value
  if (typeof name !== 'string' || typeof register !== 'function') return 'its default export is no plugin definition'
  if (!PHASES.some((known) => known === phase)) return `its phase is not one of ${PHASES.join(', ')}`
  if (order !== undefined && !Number.isFinite(order)) return 'its order is no number'
  if (!Array.isArray(scopes) || !scopes.every((scope) => SCOPES.some((known) => known === scope)))
    return `its scopes are not among ${SCOPES.join(', ')}`
  return isMap(schema) ? null : 'it has no schema'
}
