import t from 'tap'
import { join } from 'node:path'
import { builtinPlugins } from '../../plugins/index.ts'
import { loadConfig } from '../../src/config/load.ts'
import { eventually, send } from '../support/client.ts'
import { document, startGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/gateway-process.ts'
import { startOrigin } from '../support/origin.ts'

const STAMP = `
import type { FastifyInstance } from 'fastify'
export default {
  name: 'stamp',
  phase: 'transform',
  scopes: ['route'],
  schema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'], additionalProperties: false },
  register (app: FastifyInstance, config: { text: string }) {
    app.addHook('onRequest', async (_request, reply) => { reply.header('x-stamp', config.text) })
  }
}`

/** As an author who knows only Fastify writes it: nothing of it leaves its own context unless it is told so. */
const GUARD = `
module.exports = async function guard (app, options) {
  app.addHook('onRequest', async (request) => {
    if (request.headers['x-key'] !== options.key) throw Object.assign(new Error('secret reason'), { statusCode: options.refuseWith })
  })
}
`

/** The older form, which calls back. */
const CALLBACK = `
module.exports = function (app, options, done) {
  app.addHook('onRequest', (_request, reply, next) => {
    reply.header('x-callback', options.text)
    next()
  })
  setImmediate(done)
}
`

t.test('plugins of others are loaded from files', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end('served'))
  const folder = temporaryFolder(t, {
    'stamp.ts': STAMP,
    'guard.cjs': GUARD,
    'callback.cjs': CALLBACK,
    'gateway.yaml': document(`
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - name: stamped
    match: { path: /stamped }
    upstream: origin
    plugins: { mine: { use: ./stamp.ts, config: { text: hello } }, other: { fastify: ./callback.cjs, options: { text: back } } }
${[401, 404, 418, 503]
  .map(
    (status) => `
  - name: guarded-${status}
    match: { path: /guarded/${status} }
    upstream: origin
    plugins: { guard: { fastify: ./guard.cjs, phase: authenticate, options: { key: open, refuseWith: ${status} } } }`
  )
  .join('')}`)
  })
  const loaded = await loadConfig({ file: join(folder, 'gateway.yaml'), env: {}, builtins: builtinPlugins })
  t.same(loaded.issues, [])
  if (!loaded.ok) return
  const { url, log } = await startGateway(t, '', { plan: loaded.plan })

  await t.test('by `use`, and a callback by `fastify`', async (t) => {
    t.match(await send(`${url}/stamped`), { status: 200, text: 'served', headers: { 'x-stamp': 'hello', 'x-callback': 'back' } })
  })

  await t.test('by `fastify`', async (t) => {
    t.equal((await send(`${url}/guarded/401`, { headers: { 'x-key': 'open' } })).text, 'served')
    for (const status of [401, 404, 418, 503]) {
      const refused = await send(`${url}/guarded/${status}`)
      t.equal(refused.status, status)
      t.equal(refused.headers['content-type'], 'application/problem+json')
      t.notMatch(refused.text, 'secret reason')
      if (status === 503) t.equal(refused.json().code, 'SP_OVERLOADED')
      const line = () => log.find((one) => one['msg'] === 'request' && one['route'] === `guarded-${status}` && one['status'] === status)
      await eventually(() => line() !== undefined)
      t.equal(line()?.['plugin'], 'guard')
    }
  })
})
