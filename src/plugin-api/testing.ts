import { Ajv } from 'ajv'
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type InjectOptions,
  type LightMyRequestResponse
} from 'fastify'
import { ERRORS, gatewayError, isGatewayError } from '../errors.ts'
import type { UsageReport } from './limits/usage.ts'
import { FakeClock, fakeRandom } from './testing-clock.ts'
import { withRoute } from './shared-route.ts'
import { createTestLimits, createTestPermits } from './testing-limits.ts'
import { createTestRequest, headOf, headOfReply, isTestRequest, type FieldMap } from './testing-request.ts'
import type { CheckIssue, ConsumerEntry, Log, OutboundHttp, PluginDefinition, PluginDeps, PluginLimits, PluginRoute, ResponseHead } from './types.ts'

export { FakeClock, fakeRandom } from './testing-clock.ts'

export interface TestPluginOptions {
  /** The route that the plugin is registered for; `params` are the values that requests have. */
  readonly route?: { readonly name?: string; readonly upstream?: string; readonly params?: Readonly<Record<string, string>> }
  /** Whether the chain that it stands in is shared by routes. Default: whether the plugin can be, so that one that asks for `deps.route` is found out. */
  readonly isShared?: boolean
  /** Shared definitions as under `providers`. */
  readonly providers?: Readonly<Record<string, unknown>>
  readonly clock?: FakeClock
  /** Of the client. Default 192.0.2.7. */
  readonly clientIp?: string
  /** Hand the same map to two calls to test what survives a reload. */
  readonly state?: Map<string, unknown>
  /** What the upstream answers besides the echo. */
  readonly answer?: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> }
  /** Consumers of the document; what is left out is empty. */
  readonly consumers?: readonly (Pick<ConsumerEntry, 'name'> & Partial<ConsumerEntry>)[]
  /** As the route's `authentication` says: whether one plugin is enough. Default all. */
  readonly require?: 'all' | 'any'
  /** Where limits and requests in flight are counted. Default: stores by the fake clock that go along with `state`, and no Redis. */
  readonly limits?: Partial<PluginLimits>
  /** Answers requests of the plugin's own. Default: none may be made. */
  readonly http?: OutboundHttp['request']
  /** Runs before the plugin, as an earlier phase would: set `request.gateway.consumer`, for example. */
  readonly before?: (request: FastifyRequest) => void
}

export interface PluginBench {
  readonly app: FastifyInstance
  readonly clock: FakeClock
  /** Warnings of `check`. */
  readonly issues: readonly CheckIssue[]
  /** Counted so far, by `name{label="value"}`. */
  readonly counters: ReadonlyMap<string, number>
  readonly logged: readonly { readonly level: string; readonly message: string; readonly facts: object }[]
  /** What was reported for `GET /usage`. */
  readonly usage: readonly UsageReport[]
  /**
   * Sends a request through the plugin. An upstream that echoes answers with the JSON
   * `{method, url, headers, gateway: {id, consumer, claims}}` of what it was sent.
   */
  inject(request: InjectOptions | string): Promise<LightMyRequestResponse>
  close(): Promise<void>
}

/** All issues of a configuration, of the schema first. Adds the schema's defaults to `config`. */
export function checkPlugin(definition: PluginDefinition, config: unknown, options: TestPluginOptions = {}): CheckIssue[] {
  const ajv = new Ajv({ useDefaults: true, allErrors: true, strict: false, formats: { 'sp-duration': true, 'sp-size': true } })
  const validate = ajv.compile(definition.schema)
  if (!validate(config)) {
    return (validate.errors ?? []).map((error) => ({
      severity: 'error',
      path: error.instancePath.split('/').slice(1),
      message: error.message ?? error.keyword
    }))
  }
  const route = { name: options.route?.name ?? 'test', params: Object.keys(options.route?.params ?? {}) }
  const context = {
    route,
    providers: new Map(Object.entries(options.providers ?? {})),
    consumers: (options.consumers ?? []).map(({ name, groups }) => ({ name, groups: groups ?? [] })),
    hasRedis: (options.limits?.redis ?? options.limits?.permits?.redis ?? null) !== null
  }
  return [...(definition.check?.(config, context) ?? [])]
}

/**
 * Runs one plugin as the gateway runs it, with a fake clock and an upstream that echoes. The configuration is validated and
 * completed by the plugin's schema and its `check`. @throws Error naming every error of the configuration.
 */
export async function testPlugin(definition: PluginDefinition, config: unknown = {}, options: TestPluginOptions = {}): Promise<PluginBench> {
  const completed = structuredClone(config)
  const issues = checkPlugin(definition, completed, options)
  const errors = issues.filter((issue) => issue.severity === 'error')
  if (errors.length > 0) throw new Error(errors.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'))

  const clock = options.clock ?? new FakeClock()
  const retired = new AbortController()
  const edits: ResponseEdit[] = []
  const counters = new Map<string, number>()
  const logged: { level: string; message: string; facts: object }[] = []
  const usage: UsageReport[] = []
  const deps = fakeDeps(definition, options, { clock, edits, counters, logged, usage, signal: retired.signal })

  const app = await createApp({ definition, config: completed, options, deps, edits })
  await app.ready()

  return {
    app,
    clock,
    counters,
    logged,
    usage,
    issues: issues.filter((issue) => issue.severity === 'warning'),
    inject: (request) => app.inject(typeof request === 'string' ? { url: request } : { url: '/', ...request }),
    close: async () => {
      retired.abort()
      await app.close()
    }
  }
}

type ResponseEdit = (request: FastifyRequest, head: ResponseHead) => void

interface AppParts {
  readonly definition: PluginDefinition
  readonly config: unknown
  readonly options: TestPluginOptions
  readonly deps: PluginDeps
  readonly edits: readonly ResponseEdit[]
}

async function createApp({ definition, config, options, deps, edits }: AppParts): Promise<FastifyInstance> {
  // The plugin's own routes, such as the `OPTIONS *` of @fastify/cors, must not meet the echo's: hence the two prefixes.
  const app = fastify({ rewriteUrl: (request) => `/_plugin/_route${request.url ?? '/'}`, exposeHeadRoutes: false })
  await app.register(
    async (scope) => {
      scope.decorateRequest('gateway')
      scope.addHook('onRequest', (request, reply, done) => {
        const gateway = createTestRequest(request, options, deps.random.id())
        reply.raw.once('close', () => {
          gateway.complete()
        })
        Object.assign(request, { gateway })
        options.before?.(request)
        done()
      })
      scope.addHook('onSend', async (request, reply, payload) => {
        const head = headOfReply(reply)
        for (const edit of edits) edit(request, head)
        return payload
      })
      scope.setErrorHandler((error, request, reply) => sendProblem(error as FastifyError, request, reply))
      await definition.register(scope, config, deps)
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_request, _payload, done) => {
        done(null)
      })
      scope.all('/_route/*', (request, reply) => {
        echo(request, reply, options, edits)
      })
    },
    { prefix: '/_plugin' }
  )
  return app
}

interface Recorders {
  readonly clock: FakeClock
  readonly edits: ResponseEdit[]
  readonly counters: Map<string, number>
  readonly logged: { level: string; message: string; facts: object }[]
  readonly usage: UsageReport[]
  readonly signal: AbortSignal
}

function fakeDeps(definition: PluginDefinition, options: TestPluginOptions, to: Recorders): PluginDeps {
  const state = options.state ?? new Map<string, unknown>()
  const isShared = options.isShared ?? definition.shared === true
  const route: PluginRoute = {
    name: options.route?.name ?? 'test',
    upstream: options.route?.upstream ?? 'echo',
    params: Object.keys(options.route?.params ?? {})
  }
  const log = (level: string) => (facts: object, message: string) => {
    to.logged.push({ level, message, facts })
  }
  const deps: Omit<PluginDeps, 'route'> = {
    clock: to.clock,
    random: fakeRandom(),
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') } satisfies Log,
    metrics: {
      counter(name, _help, labels) {
        const series = `${name}{${Object.entries(labels)
          .map(([label, value]) => `${label}="${value}"`)
          .join(',')}}`
        to.counters.set(series, to.counters.get(series) ?? 0)
        return {
          inc: (by = 1) => {
            to.counters.set(series, (to.counters.get(series) ?? 0) + by)
          }
        }
      }
    },
    isShared,
    perRoute(make) {
      const value = make(route)
      return Promise.resolve(() => value)
    },
    consumers: (options.consumers ?? []).map((consumer) => ({
      groups: [],
      apiKeys: [],
      basic: [],
      hmacKeys: [],
      certificates: [],
      subjects: [],
      ...consumer
    })),
    authentication: {
      isDecided: () => false,
      accept({ gateway }, consumer, claims = null) {
        if (consumer !== null) gateway.consumer = consumer
        if (claims !== null) gateway.claims = claims
      },
      refuse: (_request, _reason, error) => (options.require === 'any' ? null : error)
    },
    http: {
      request:
        options.http ??
        (() => {
          throw new Error('this test lets no plugin ask anybody')
        })
    },
    limits: testLimits(options, state, to.clock),
    reportUsage(report) {
      to.usage.push(report)
    },
    provider(name) {
      if (!Object.hasOwn(options.providers ?? {}, name)) throw new Error(`no provider ${name} for ${definition.name}`)
      return structuredClone(options.providers?.[name])
    },
    state: <T>(key: string, make: () => T): T => {
      if (!state.has(key)) state.set(key, make())
      return state.get(key) as T
    },
    onResponseHead(edit) {
      to.edits.push(edit)
    },
    signal: to.signal
  }
  return withRoute(definition.name, deps, route)
}

function testLimits({ limits }: TestPluginOptions, state: Map<string, unknown>, clock: FakeClock): PluginLimits {
  const kept = KEPT.get(state)
  const memory = limits?.memory ?? kept?.memory ?? createTestLimits(clock)
  const permits = limits?.permits ?? kept?.permits ?? { memory: createTestPermits(), redis: null }
  // Beside the plugin's own state, not in it: tests look at that.
  KEPT.set(state, { memory, permits })
  return { memory, redis: limits?.redis ?? null, permits }
}

/** What was counted beside a `state` that is handed on. */
const KEPT = new WeakMap<Map<string, unknown>, Pick<PluginLimits, 'memory' | 'permits'>>()

/** As the proxy does: past Fastify's `onSend`, with the fields that hooks set on the reply, and the edits last. */
function echo(request: FastifyRequest, reply: FastifyReply, options: TestPluginOptions, edits: readonly ResponseEdit[]): void {
  reply.hijack()
  const { gateway } = request
  if (!isTestRequest(gateway)) throw new TypeError('the request was not made by testPlugin')
  const fields: FieldMap = new Map([['content-type', ['application/json']]])
  const head = headOf(fields, options.answer?.status ?? 200)
  for (const [name, value] of Object.entries(options.answer?.headers ?? {})) head.set(name, value)
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (name === 'vary' && head.get('vary') !== undefined) head.set('vary', `${head.get('vary')}, ${String(value)}`)
    else if (name === 'set-cookie') for (const cookie of [value ?? []].flat()) head.add(name, String(cookie))
    else if (value !== undefined) head.set(name, String(value))
  }
  for (const edit of edits) edit(request, head)
  reply.raw.writeHead(
    head.status,
    [...fields].flatMap(([name, values]) => values.flatMap((value) => [name, value]))
  )
  reply.raw.end(
    JSON.stringify({
      method: request.method,
      url: request.originalUrl,
      headers: gateway.sentHeaders(),
      gateway: { id: gateway.id, consumer: gateway.consumer, claims: gateway.claims }
    })
  )
}

function sendProblem(thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = isGatewayError(thrown) ? thrown : gatewayError('SP_PLUGIN_FAILED', { cause: thrown })
  const entry = ERRORS[error.code]
  const problem = { title: entry.title, status: entry.status, code: error.code, detail: error.detail, requestId: request.gateway.id }
  return reply
    .code(entry.status)
    .headers({ ...error.headers })
    .type('application/problem+json')
    .send(JSON.stringify(problem))
}
