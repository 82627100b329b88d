import type { Registry } from './registry.ts'
import type { Reply } from './reply.ts'

/** One request to a route. */
export interface Call {
  /** What comes after the path of a route that ends with a slash, decoded; it may have slashes of its own. */
  readonly rest: string
  readonly query: URLSearchParams
  readonly body: string
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
}

export interface Route {
  readonly method: 'GET' | 'PUT'
  /** With a slash at its end it stands for all paths below. */
  readonly path: string
  /** @throws RequestError */
  run(registry: Registry, call: Call): Reply | Promise<Reply>
}
