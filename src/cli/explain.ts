import { formatIssues } from '../config/issue.ts'
import type { Plan, PluginPlan, RoutePlan } from '../config/plan.ts'
import { createRewrite } from '../generation/rewrite.ts'
import { hostOf } from '../http/raw-checks.ts'
import { parseRequestTarget, type RequestTarget } from '../http/request-target.ts'
import { explainMatch, type MatchExplanation } from '../routing/explain.ts'
import type { RouteFacts } from '../routing/types.ts'
import { loadFile } from './config-file.ts'
import { type Command, EXIT, UsageError } from './io.ts'
import { expectPositionals, parseFormat, parseOptions } from './options.ts'

const ENCODED_SLASH = 'the path holds an encoded slash, which the route does not allow'

export const explain: Command = {
  help: `
Usage: sallyport explain FILE METHOD URL [-H 'name: value']... [--format text|json] [--all]

Prints the route that a request takes, the path sent upstream, the plugins in the order in which they run and the limits that
hold; for routes that do not match, the first reason. Nothing is sent.

  URL                  a path, or http://host/path to try a host
  -H, --header FIELD   a request header field; may be repeated
  --all                also routes whose path does not match at all
  --format text|json

Exit code: 0 a route was found, 1 none or an invalid file.`,
  async run(io) {
    const { values, positionals } = parseOptions(io.args, {
      header: { type: 'string', short: 'H', multiple: true, default: [] },
      format: { type: 'string', default: 'text' },
      all: { type: 'boolean', default: false }
    })
    const [file, method, url] = expectPositionals(positionals, ['FILE', 'METHOD', 'URL']) as readonly [string, string, string]
    const format = parseFormat(values.format)
    const headers = parseHeaders(values.header)
    const target = parseRequestTarget(url)
    const loaded = await loadFile(io, file)
    if (!loaded.ok) {
      io.err(`${formatIssues(loaded.issues)}\n`)
      return EXIT.invalid
    }
    if (typeof target === 'string') {
      io.out(`400 SP_BAD_REQUEST: ${target}\n`)
      return EXIT.invalid
    }
    const facts = routeFacts(method.toUpperCase(), target, headers)
    const explanation = explainMatch(
      loaded.plan.routes.map((route) => route.match),
      facts
    )
    io.out(format === 'json' ? asJson(loaded.plan, target, explanation) : asText(loaded.plan, facts, target, explanation, values.all))
    const route = chosenRoute(loaded.plan, explanation)
    return route === null || refusesSlash(route, target) ? EXIT.invalid : EXIT.ok
  }
}

function parseHeaders(fields: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const field of fields) {
    const colon = field.indexOf(':')
    if (colon < 1) throw new UsageError(`-H ${JSON.stringify(field)}: expected 'name: value'`)
    const name = field.slice(0, colon).trim().toLowerCase()
    const before = headers.get(name)
    const value = field.slice(colon + 1).trim()
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return headers
}

function routeFacts(method: string, target: RequestTarget, headers: ReadonlyMap<string, string>): RouteFacts {
  return {
    host: hostOf(target.authority ?? headers.get('host') ?? ''),
    method,
    path: target.path,
    query: target.query,
    header: (name) => headers.get(name)
  }
}

function chosenRoute(plan: Plan, explanation: MatchExplanation): RoutePlan | null {
  return explanation.result.kind === 'route' ? (plan.routes[explanation.result.id] ?? null) : null
}

/** As the front door does once it knows the route. */
function refusesSlash(route: RoutePlan, target: RequestTarget): boolean {
  return target.hasEncodedSlash && !route.allowEncodedSlash
}

function upstreamPath(route: RoutePlan, target: RequestTarget): string {
  const path = route.rewrite === null ? target.rawPath : createRewrite(route.rewrite)(target.path)
  return target.hasQuery ? `${path}?${target.query}` : path
}

function asJson(plan: Plan, target: RequestTarget, explanation: MatchExplanation): string {
  const route = chosenRoute(plan, explanation)
  return `${JSON.stringify(
    {
      result: explanation.result,
      ...(route === null
        ? {}
        : refusesSlash(route, target)
          ? { route: route.match.name, refused: { code: 'SP_BAD_REQUEST', detail: ENCODED_SLASH } }
          : { route: route.match.name, upstream: route.upstream, upstreamPath: upstreamPath(route, target), plugins: chain(plan, route) }),
      considered: explanation.considered
    },
    null,
    2
  )}\n`
}

function asText(plan: Plan, facts: RouteFacts, target: RequestTarget, explanation: MatchExplanation, all: boolean): string {
  const lines = [`${facts.method} ${facts.host === '' ? '' : `http://${facts.host}`}${facts.path}${target.hasQuery ? `?${target.query}` : ''}`, '']
  lines.push(...verdictLines(plan, target, explanation), '', 'Routes in order of precedence:')
  for (const route of explanation.considered) {
    const failed = route.checks.find((check) => !check.ok)
    if (!all && failed !== undefined && (failed.subject === 'path' || failed.subject === 'host')) continue
    lines.push(`  ${route.verdict.padEnd(9)}  ${route.name}${failed === undefined ? '' : `: ${failed.subject}: ${failed.detail}`}`)
  }
  return `${lines.join('\n')}\n`
}

function verdictLines(plan: Plan, target: RequestTarget, explanation: MatchExplanation): string[] {
  const { result } = explanation
  switch (result.kind) {
    case 'not-found':
      return ['404 SP_ROUTE_NOT_FOUND: no route matches', `  plugins   ${chainText(plan.unmatched.plugins)}`]
    case 'method-not-allowed':
      return [`405 SP_METHOD_NOT_ALLOWED: Allow: ${result.allow.join(', ')}`]
    case 'ambiguous':
      return [`400 SP_BAD_REQUEST: another spelling of the path belongs to the route ${plan.routes[result.id]?.match.name ?? ''}`]
    case 'route': {
      const route = plan.routes[result.id] as RoutePlan
      if (refusesSlash(route, target)) return [`400 SP_BAD_REQUEST: ${ENCODED_SLASH}`, `  route     ${route.match.name}`]
      const params = Object.entries(result.params)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')
      return [
        `route ${route.match.name}`,
        ...(params === '' ? [] : [`  params    ${params}`]),
        `  upstream  ${route.upstream}`,
        `  path      ${upstreamPath(route, target)}`,
        `  plugins   ${chainText(route.plugins)}`,
        ...route.plugins.flatMap((plugin) => describe(plan, route, plugin).map((line) => `  ${plugin.alias.padEnd(8)}  ${line}`))
      ]
    }
  }
}

function chain(plan: Plan, route: RoutePlan) {
  return route.plugins.map((plugin) => {
    const does = describe(plan, route, plugin)
    return {
      plugin: plugin.alias,
      phase: plugin.definition.phase,
      scope: plugin.scope,
      where: plugin.where,
      ...(does.length === 0 ? {} : { does })
    }
  })
}

/** What the plugin itself says of its configuration on this route. */
function describe(plan: Plan, route: RoutePlan, { definition, config }: PluginPlan): readonly string[] {
  return definition.describe?.(config, { route: { name: route.match.name }, hasRedis: plan.redis !== null }) ?? []
}

function chainText(plugins: RoutePlan['plugins']): string {
  return plugins.map((plugin) => `${plugin.alias} (${plugin.definition.phase}, ${plugin.scope})`).join(' → ') || 'none'
}
