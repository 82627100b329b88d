// Express with http-proxy-middleware, and connections to the upstream kept alive, as its README advises.
import http, { type RequestListener } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { KEEP_ALIVE_MS, obeyParent, readSetup, tlsOptions } from './setup.ts'

interface ExpressApp extends RequestListener {
  use(...handlers: readonly unknown[]): void
}

type Middleware = RequestListener & { readonly upgrade: (request: unknown, socket: Socket, head: Buffer) => void }

/** These packages are installed in bench/ alone, if at all, so the compiler cannot be asked for them. */
const load = (name: string): Promise<unknown> => import(name)

const { default: express } = (await load('express')) as { default: () => ExpressApp }
const { createProxyMiddleware } = (await load('http-proxy-middleware')) as { createProxyMiddleware: (options: object) => Middleware }

const setup = readSetup()
const agent = new http.Agent({ keepAlive: true })
const app = express()
const tls = tlsOptions(setup)
const server = tls === null ? http.createServer(app) : https.createServer(tls, app)
for (const { prefix } of setup.routes) {
  // `use` takes the prefix off, so the target has it again.
  const proxy = createProxyMiddleware({ target: `http://${setup.origins[0]}${prefix}`, agent, ws: setup.websocket })
  if (prefix === '') app.use(proxy)
  else app.use(prefix, proxy)
  if (setup.websocket) server.on('upgrade', (request, socket, head) => proxy.upgrade(request, socket as Socket, head))
}
server.keepAliveTimeout = KEEP_ALIVE_MS
server.listen({ port: setup.port, host: '127.0.0.1', backlog: 4096 })
obeyParent()
