import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock, Random } from '../plugin-api/index.ts'
import { AGENT_ROUTES } from './agent-routes.ts'
import { CATALOG_ROUTES } from './catalog-routes.ts'
import { Registry } from './registry.ts'
import { type Reply, text } from './reply.ts'
import { RequestError } from './request-error.ts'
import type { Route } from './route.ts'

export interface RegistryOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly clock: Clock
  readonly random: Random
}

export interface RegistryServer {
  /** `http://host:port` */
  readonly url: string
  readonly port: number
  /** Ends all queries and closes all connections. */
  close(): Promise<void>
}

const MAX_BODY_BYTES = 1024 * 1024
/** The longest path of those that fit is meant. */
const ROUTES = [...AGENT_ROUTES, ...CATALOG_ROUTES].toSorted((a, b) => b.path.length - a.path.length)

/**
 * A registry for development that forgets everything when it ends. Speaks the part of Consul's HTTP API that services and gateways use;
 * tokens are accepted and mean nothing. @throws Error when the address cannot be listened on
 */
export async function startRegistry({ host, port, clock, random }: RegistryOptions): Promise<RegistryServer> {
  const registry = new Registry(clock, random)
  const server = createServer((request, response) => {
    void serve(registry, request, response)
  })
  server.listen(port, host)
  await once(server, 'listening')
  const listening = (server.address() as AddressInfo).port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listening}`,
    port: listening,
    async close() {
      registry.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}

async function serve(registry: Registry, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  response.on('error', () => gone.abort())
  const reply = await answer(registry, request, gone.signal)
  if (response.destroyed) return
  response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) })
  response.end(reply.body)
}

async function answer(registry: Registry, request: IncomingMessage, signal: AbortSignal): Promise<Reply> {
  try {
    const [path, search] = splitOnce(request.url ?? '', '?')
    const decoded = decodePath(path)
    const route = ROUTES.find((one) => (one.path.endsWith('/') ? decoded.startsWith(one.path) : decoded === one.path))
    if (route === undefined) return text(404, '')
    if (request.method !== route.method) return otherMethod(request.method, route)
    const body = request.method === 'PUT' ? await readBody(request) : ''
    return await route.run(registry, { rest: decoded.slice(route.path.length), query: new URLSearchParams(search), body, signal })
  } catch (error) {
    if (error instanceof RequestError) return text(error.status, error.message)
    return text(500, error instanceof Error ? error.message : String(error))
  }
}

function otherMethod(method: string | undefined, route: Route): Reply {
  const allow = { allow: `OPTIONS,${route.method}` }
  return method === 'OPTIONS' ? text(200, '', allow) : text(405, `method ${String(method)} not allowed`, allow)
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new RequestError(400, 'the path is not encoded correctly')
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    // Read to its end all the same: a client that is cut off while it sends does not see the answer.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk as Buffer)
  }
  if (size > MAX_BODY_BYTES) throw new RequestError(413, `the body must not be larger than ${MAX_BODY_BYTES} bytes`)
  return Buffer.concat(chunks).toString('utf8')
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}
