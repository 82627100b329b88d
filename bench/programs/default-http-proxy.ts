// What a team writes on its first day: Fastify and @fastify/http-proxy with nothing but the upstream.
import httpProxy, { type FastifyHttpProxyOptions } from '@fastify/http-proxy'
import Fastify from 'fastify'
import { obeyParent, readSetup, tlsOptions } from './setup.ts'

const setup = readSetup()
// Thousands of routes take longer to register than the usual ten seconds.
const app = Fastify({ https: tlsOptions(setup), pluginTimeout: 120_000 } as object)
for (const { prefix } of setup.routes) {
  const options: FastifyHttpProxyOptions = { upstream: `http://${setup.origins[0]}` }
  if (prefix !== '') Object.assign(options, { prefix, rewritePrefix: prefix })
  if (setup.websocket) Object.assign(options, { websocket: true })
  await app.register(httpProxy, options)
}
await app.listen({ host: '127.0.0.1', port: setup.port })
obeyParent()
