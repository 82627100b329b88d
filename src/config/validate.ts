import type { PluginDefinition } from '../plugin-api/index.ts'
import { applySchema, hideInterpolated, type CheckScope } from './check-context.ts'
import { checkOverload } from './check-limits.ts'
import { checkConsumers } from './check-consumers.ts'
import { checkDiscovery } from './check-discovery.ts'
import { checkListenerTls } from './check-listener-tls.ts'
import { checkListeners } from './check-listeners.ts'
import { checkPlugins, type PluginUse } from './check-plugins.ts'
import { checkProviders } from './check-providers.ts'
import { checkRedis } from './check-redis.ts'
import { checkReferences } from './check-references.ts'
import { checkRoutes } from './check-routes.ts'
import { checkTls } from './check-tls.ts'
import { checkUpstreams } from './check-upstreams.ts'
import { IssueCollector } from './collector.ts'
import { hasErrors, type Issue, type Path } from './issue.ts'
import type { ListenerTlsPlan, TlsPlan } from './plan.ts'
import type { Modules } from './plugin-entry.ts'
import { isMap } from './prepare.ts'
import { CORE_SCHEMA, type GatewayDocument } from './schema-document.ts'
import { toData, type Node } from './tree.ts'

export interface ValidateInput {
  readonly file: string
  readonly root: Node
  /** What is already known to be wrong. */
  readonly issues: readonly Issue[]
  /** Texts that no message may contain. */
  readonly secrets: readonly string[]
  readonly builtins: ReadonlyMap<string, PluginDefinition>
  readonly modules: Modules
  readonly readFile: (path: string) => string
}

/** A right document, completed, with everything found that it refers to. */
export interface ValidConfig {
  readonly document: GatewayDocument
  readonly providers: Readonly<Record<string, unknown>>
  readonly plugins: readonly PluginUse[]
  /** By name of the upstream. */
  readonly tls: ReadonlyMap<string, TlsPlan>
  /** By kind of the provider. */
  readonly discoveryTls: ReadonlyMap<string, TlsPlan>
  readonly redisTls: TlsPlan | null
  /** By index of the listener. */
  readonly listenerTls: ReadonlyMap<number, ListenerTlsPlan>
  /** Places of values that must never be shown. */
  readonly hidden: readonly Path[]
}

export interface Validated {
  /** Null when any issue is an error. */
  readonly config: ValidConfig | null
  readonly issues: readonly Issue[]
}

/** Finds every problem of a document in one run. Never throws for bad input. */
export function validate(input: ValidateInput): Validated {
  const { file, root, builtins, modules, readFile } = input
  const issues = new IssueCollector(file, root, input.issues)
  const data = toData(root)
  if (!isMap(data)) {
    issues.add([], { code: 'wrong-type', message: 'expected a map of keys such as version, upstreams and routes' })
    return { config: null, issues: issues.issues() }
  }
  const scope: CheckScope = { root, issues, builtins, modules, hidden: [] }
  for (const secret of input.secrets) issues.conceal(secret)
  hideInterpolated([], scope, false)

  applySchema(CORE_SCHEMA, data, [], scope, true)
  checkListeners(data, issues)
  const listenerTls = checkListenerTls(data, readFile, issues)
  checkOverload(data['overload'], issues)
  checkUpstreams(data, issues)
  const tls = checkTls(data, readFile, issues)
  const discoveryTls = checkDiscovery(data, readFile, issues)
  const redisTls = checkRedis(data, readFile, issues)
  checkRoutes(data, issues)
  checkReferences(data, issues)
  checkConsumers(data, issues)
  const providers = checkProviders(data, scope)
  const plugins = checkPlugins(data, providers, scope)

  const found = issues.issues()
  if (hasErrors(found)) return { config: null, issues: found }
  const configs = Object.fromEntries([...providers].map(([name, { config }]) => [name, config]))
  return {
    config: { document: data as GatewayDocument, providers: configs, plugins, tls, discoveryTls, redisTls, listenerTls, hidden: scope.hidden },
    issues: found
  }
}
