import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RoutePlan } from '../config/plan.ts'
import { authenticationOf } from '../generation/authentication.ts'
import { handleError } from '../generation/error-handler.ts'
import { areShared } from '../generation/chains.ts'
import { attachExchange } from '../generation/exchange-slot.ts'
import { type PluginServices, registerPlugin } from '../generation/plugin-deps.ts'
import type { Exchange } from '../proxy/exchange.ts'
import { forward } from '../proxy/forward.ts'
import type { RouteRuntime } from '../proxy/route-runtime.ts'

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

/** The way of a request from its arrival through the plugins of its route to the upstream, without Fastify: their hooks are the gateway's own. */
export class Entrance {
  readonly #hooks: Hook[] = []

  /** Registers the plugins of the route. @throws PluginBuildError */
  async open(plan: RoutePlan, runtime: RouteRuntime, services: PluginServices): Promise<void> {
    const port = authenticationOf(plan.authentication)
    const routes = { members: [{ runtime, params: [] }], isShared: areShared(plan.plugins) } as const
    for (const plugin of plan.plugins) await registerPlugin(this.#app(), plugin, routes, port, services)
  }

  /** @param onPass Called when the last hook has let the request pass, if there is one. */
  readonly enter = (exchange: Exchange, onPass: () => void): void => {
    if (this.#hooks.length === 0) return forward(exchange)
    attachExchange(exchange.raw, exchange)
    const request = { gateway: exchange, raw: exchange.raw, headers: exchange.raw.headers, method: exchange.method } as unknown as FastifyRequest
    const reply = new StubReply(request) as unknown as FastifyReply
    this.#next(request, reply, 0, () => {
      onPass()
      exchange.reply = reply
      forward(exchange)
    })
  }

  #next(request: FastifyRequest, reply: FastifyReply, index: number, pass: () => void): void {
    const hook = this.#hooks[index]
    if (hook === undefined) return pass()
    hook(request, reply, (error) => {
      if (error === undefined) this.#next(request, reply, index + 1, pass)
      else handleError(error as FastifyError, request, reply)
    })
  }

  /** As much of an instance as a plugin that decides about requests needs; what others would build on it is there already. */
  #app(): FastifyInstance {
    const app = {
      addHook: (name: string, hook: Hook) => {
        if (name !== 'onRequest') throw new TypeError(`${name} is not simulated`)
        this.#hooks.push(hook)
      },
      hasDecorator: () => true,
      after: () => Promise.resolve()
    }
    return app as unknown as FastifyInstance
  }
}

/** What hooks set on a reply. */
class StubReply {
  readonly request: FastifyRequest
  readonly #headers: Record<string, unknown> = {}

  constructor(request: FastifyRequest) {
    this.request = request
  }

  header(name: string, value: unknown): this {
    this.#headers[name.toLowerCase()] = value
    return this
  }

  getHeader(name: string): unknown {
    return this.#headers[name.toLowerCase()]
  }

  getHeaders(): Readonly<Record<string, unknown>> {
    return this.#headers
  }

  hijack(): this {
    return this
  }
}
