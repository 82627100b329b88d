import httpProxy, { type FastifyHttpProxyOptions } from '@fastify/http-proxy'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthenticationPlan, PluginPlan } from '../config/plan.ts'
import { forward } from '../proxy/forward.ts'
import type { ResponseHead } from '../plugin-api/index.ts'
import type { ResponseEdit, RouteRuntime } from '../proxy/route-runtime.ts'
import { addGuard, authenticationOf } from './authentication.ts'
import { exchangeOf } from './exchange-slot.ts'
import { type ChainRoutes, type PluginServices, registerPlugin } from './plugin-deps.ts'

/** The methods that every route accepts from the front door, which has already checked the route's own list. */
export const STANDARD_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

export interface ChainAppOptions extends ChainRoutes {
  /** The URL by which the front door reaches this chain; no client can send it. */
  readonly url: string
  readonly plugins: readonly PluginPlan[]
  readonly authentication: AuthenticationPlan
  readonly methods: readonly string[]
  readonly services: PluginServices
}

/** Mounts one chain: its plugins' hooks, then the proxy, in an encapsulated context of its own. */
export async function mountChain(app: FastifyInstance, options: ChainAppOptions): Promise<void> {
  const [{ runtime }] = options.members
  await app.register(
    named('chain', async (context: FastifyInstance) => {
      if (options.plugins.length > 0) prepareHooks(context, options)
      await registerChain(context, options)
      if (runtime.responseEdits.length > 0) addLocalResponseEdits(context, runtime.responseEdits)
      await context.register(proxyInContext, {
        // Never dialled: the handler forwards by itself. The same reason for the transport that cannot do anything.
        upstream: 'http://sallyport.invalid',
        undici: NO_TRANSPORT as never,
        prefix: '',
        routes: [''],
        httpMethods: [...options.methods],
        // The last hook forwards and never calls back, so http-proxy's own handler, which would parse and check a destination that we do
        // not use (4 % of a profile), is not reached; `handler` stands behind it for the day that changes.
        preHandler: handler,
        handler
      })
    }),
    { prefix: options.url }
  )
}

/** Without a name Fastify looks for the function among all loaded modules, which took a quarter of the time of mounting a route. */
export function named<F extends object>(name: string, plugin: F): F {
  return Object.assign(plugin, { [Symbol.for('fastify.display-name')]: name })
}

/** http-proxy in the context of its chain, which is there for nothing else: one of its own would cost as much again. */
const proxyInContext = Object.assign(
  named('@fastify/http-proxy', (context: FastifyInstance, options: FastifyHttpProxyOptions) => httpProxy(context, options, () => {})),
  { [Symbol.for('skip-override')]: true }
)

/** The plugins in their order; between authentication and what follows stands the guard, where one is needed. */
async function registerChain(context: FastifyInstance, options: ChainAppOptions): Promise<void> {
  const { plugins, authentication, services } = options
  const port = authenticationOf(authentication)
  const lastOfPhase = plugins.findLastIndex(({ definition }) => definition.phase === 'authenticate')
  for (const [index, plugin] of plugins.entries()) {
    await registerPlugin(context, plugin, options, port, services)
    if (index !== lastOfPhase) continue
    const guest = services.consumers.find(({ name }) => name === authentication.anonymous)
    addGuard(context, authentication, guest === undefined ? null : { name: guest.name, groups: guest.groups })
  }
}

/** What plugins find on the instance and on each request: the gateway's log with the route's name, and the route's own parameters. */
function prepareHooks(context: FastifyInstance, { members, isShared, services }: ChainAppOptions): void {
  const [{ runtime: first }] = members
  const logOf = (runtime: RouteRuntime) => services.log.child({ route: runtime.names.name }) as FastifyBaseLogger
  const logs = new Map([[first, logOf(first)]])
  context.log = isShared ? (services.log.child({}) as FastifyBaseLogger) : (logs.get(first) as FastifyBaseLogger)
  context.addHook('onRequest', (request, reply, done) => {
    const { runtime, params } = exchangeOf(request.raw)
    let log = logs.get(runtime)
    if (log === undefined) logs.set(runtime, (log = logOf(runtime)))
    request.log = log
    reply.log = log
    request.params = params
    done()
  })
}

const NO_TRANSPORT = {
  request() {
    throw new Error('requests go through forward()')
  },
  close() {},
  destroy() {}
}

/** The end of a chain. The answer is written by `forward`, so Fastify is told to keep its hands off. */
function handler(request: FastifyRequest, reply: FastifyReply): void {
  const exchange = exchangeOf(request.raw)
  exchange.reply = reply
  reply.hijack()
  forward(exchange)
}

/** Answers that a plugin gives through `reply.send` get the same edits as those of the upstream. */
function addLocalResponseEdits(context: FastifyInstance, edits: readonly ResponseEdit[]): void {
  context.addHook('onSend', (request, reply, payload, done) => {
    const head = new ReplyHead(reply)
    try {
      for (const edit of edits) edit(request, head)
      done(null, payload)
    } catch (error) {
      done(error as Error)
    }
  })
}

class ReplyHead implements ResponseHead {
  readonly #reply: FastifyReply

  constructor(reply: FastifyReply) {
    this.#reply = reply
  }

  get status(): number {
    return this.#reply.statusCode
  }

  get(name: string): string | undefined {
    const value = this.#reply.getHeader(name)
    return value === undefined ? undefined : Array.isArray(value) ? value.join(', ') : String(value)
  }

  set(name: string, value: string): void {
    this.#reply.removeHeader(name)
    this.#reply.header(name, value)
  }

  add(name: string, value: string): void {
    const before = this.#reply.getHeader(name)
    if (before === undefined || name.toLowerCase() === 'set-cookie') this.#reply.header(name, value)
    else this.set(name, `${this.get(name) ?? ''}, ${value}`)
  }

  remove(name: string): void {
    this.#reply.removeHeader(name)
  }
}
