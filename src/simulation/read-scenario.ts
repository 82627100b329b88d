import { applySchema, type CheckScope } from '../config/check-context.ts'
import { IssueCollector } from '../config/collector.ts'
import { compile } from '../config/compile.ts'
import { interpolate } from '../config/interpolate.ts'
import { arrangeIssues, hasErrors, type Issue } from '../config/issue.ts'
import { parseYaml } from '../config/parse.ts'
import type { UpstreamPlan } from '../config/plan.ts'
import { isMap, type JsonMap } from '../config/prepare.ts'
import { ratioOf } from '../config/ratio.ts'
import { toData, type MapNode, type Node } from '../config/tree.ts'
import { validate } from '../config/validate.ts'
import type { PluginDefinition } from '../plugin-api/index.ts'
import { durationMs, sizeBytes } from '../plugin-api/units.ts'
import { DEFAULT_BEHAVIOUR, type Behaviour } from './behaviour.ts'
import { checkScenario } from './check-scenario.ts'
import { gatewayTree } from './gateway-tree.ts'
import { readBehaviour } from './read-behaviour.ts'
import { readExpectation } from './read-expectation.ts'
import type { EventPlan, LoadPlan, Scenario } from './scenario.ts'
import { ScenarioDocument, type LoadText, type ScenarioText } from './scenario-schema.ts'

export interface ScenarioInput {
  /** As issues shall name it. */
  readonly file: string
  readonly text: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The text of a file that the scenario names. Throws when it cannot be read. */
  readonly readFile: (path: string) => string
  /** By name; whose schema and checks a load's `rateLimit` has to pass, and who decides about it. */
  readonly plugins: ReadonlyMap<string, PluginDefinition>
}

export type ReadResult =
  /** `issues` are warnings. */
  { readonly ok: true; readonly scenario: Scenario; readonly issues: readonly Issue[] } | { readonly ok: false; readonly issues: readonly Issue[] }

/** Text → scenario. Its upstreams pass all checks of a gateway configuration. All problems are reported together; never throws for bad input. */
export function readScenario(input: ScenarioInput): ReadResult {
  const { file, text, env, readFile, plugins } = input
  const parsed = parseYaml(file, text)
  // After a syntax error nothing else can be trusted.
  if (parsed.root === null || parsed.brokenFrom !== null) return { ok: false, issues: arrangeIssues(parsed.issues.map(inWordsOfScenarios)) }
  const { root: filled, secrets, issues: unfilled } = interpolate(file, parsed.root, { env, readFile })
  const root = withLoadList(filled)
  const issues = new IssueCollector(file, root, [...parsed.issues, ...unfilled])
  for (const secret of secrets) issues.conceal(secret)
  const data = toData(root)
  if (!isMap(data)) {
    issues.add([], { code: 'wrong-type', message: 'expected a map of keys such as name, upstreams and load' })
    return { ok: false, issues: issues.issues() }
  }
  const scope: CheckScope = { root, issues, builtins: new Map(), modules: new Map(), hidden: [] }
  applySchema(ScenarioDocument, data, [], scope, true)
  checkScenario(data, issues)
  const validated = validate({
    file,
    readFile,
    secrets,
    root: gatewayTree(root as MapNode, issues),
    issues: issues.issues(),
    builtins: plugins,
    modules: new Map()
  })
  // What is wrong with a consumer was said where it stands in a load.
  const found = validated.issues.filter(({ path }) => !path.startsWith('consumers')).map(inWordsOfScenarios)
  if (validated.config === null || hasErrors(found)) return { ok: false, issues: found }
  return {
    ok: true,
    scenario: compileScenario(
      data,
      compile(validated.config, (path) => path)
    ),
    issues: found
  }
}

/** A single load may be written without the list around it. */
function withLoadList(root: Node): Node {
  if (root.kind !== 'map') return root
  const entries = root.entries.map((entry) =>
    entry.key === 'load' && entry.value.kind === 'map'
      ? { ...entry, value: { kind: 'list', at: entry.value.at, items: [entry.value] } as const }
      : entry
  )
  return { ...root, entries }
}

/** The checks of a gateway configuration speak of routes where a scenario has loads. */
function inWordsOfScenarios(issue: Issue): Issue {
  const path = issue.path.replace(/^routes\b/, 'load').replace(/^(load\[\d+\])\.plugins(?:\.rate-limit|\["rate-limit"\])/, '$1.rateLimit')
  const message = issue.message.replace('no route uses', 'no load uses').replace('a configuration is one', 'a scenario is one')
  const { hint, ...rest } = issue
  const keepsHint = hint !== undefined && !hint.includes('version: 1')
  return { ...rest, path, message, ...(keepsHint ? { hint } : {}) }
}

function compileScenario(data: JsonMap, plan: Scenario['plan']): Scenario {
  const text = data as ScenarioText
  const hosts = hostsOf(plan.upstreams)
  const written = new Map(Object.entries(text.endpoints))
  return {
    name: text.name,
    seed: text.seed,
    plan,
    endpoints: new Map<string, Behaviour>(hosts.map((host) => [host, { ...DEFAULT_BEHAVIOUR, ...readBehaviour(written.get(host) ?? {}) }])),
    loads: text.load.map((load, index) => compileLoad(load, plan.routes[index]?.match.name ?? '')),
    redis: text.redis === undefined ? null : { roundTripMs: durationMs(text.redis.roundTrip), timeoutMs: durationMs(text.redis.timeout) },
    events: text.events.map((event): EventPlan => {
      const atMs = durationMs(event.at)
      if ('store' in event) return { kind: 'store', atMs, store: event.store }
      return { kind: 'endpoints', atMs, endpoints: event.endpoint === '*' ? hosts : [event.endpoint], set: readBehaviour(event.set) }
    }),
    expectations: text.expect.flatMap(readExpectation)
  }
}

/** The hosts of all endpoints, each once. */
function hostsOf(upstreams: readonly UpstreamPlan[]): readonly string[] {
  return [...new Set(upstreams.flatMap(({ endpoints }) => endpoints.map(({ origin }) => new URL(origin).host)))]
}

function compileLoad(load: LoadText, name: string): LoadPlan {
  return {
    name,
    upstream: load.upstream,
    method: load.method,
    ratePerSecond: load.rate,
    fromMs: durationMs(load.from),
    durationMs: durationMs(load.duration),
    arrival: load.arrival,
    bodyBytes: sizeBytes(load.body),
    bodyPieces: load.bodyPieces,
    bodyPauseMs: durationMs(load.bodyPause),
    bodyStopsAfter: load.bodyStopsAfter ?? Infinity,
    abortAfterMs: load.abortAfter === undefined ? null : durationMs(load.abortAfter),
    abortShare: ratioOf(load.abortShare),
    readMs: durationMs(load.readTime),
    clients: load.clients,
    fields: Object.entries(load.headers).flat(),
    consumer: load.consumer === undefined ? null : { name: load.consumer, groups: load.groups }
  }
}
