import t from 'tap'
import { inFlight } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway, type Teardown } from '../support/gateway.ts'
import { planWith, pluginThat } from '../support/plan.ts'
import { rawRequest } from '../support/raw-client.ts'
import { startScriptedOrigin } from '../support/scripted-origin.ts'
import { UPGRADE } from '../support/websocket.ts'
import { gatewayError, type PluginDefinition } from '../../src/plugin-api/index.ts'

const SPLIT = 'x\r\nSet-Cookie: evil=1\r\n\r\nHTTP/1.1 200 OK\r\n\r\nevil'

/** The ways in which a plugin's value gets into the head of an answer. */
const WAYS: readonly [string, PluginDefinition['register']][] = [
  ['a value that is set', (_app, _config, deps) => deps.onResponseHead((_request, head) => head.set('x-a', SPLIT))],
  ['a value that is added', (_app, _config, deps) => deps.onResponseHead((_request, head) => head.add('x-a', SPLIT))],
  ['a name that is set', (_app, _config, deps) => deps.onResponseHead((_request, head) => head.set(`x-a: ${SPLIT}`, 'y'))],
  ['NUL', (_app, _config, deps) => deps.onResponseHead((_request, head) => head.set('x-a', 'a\0b'))],
  [
    'a field of the reply',
    (app) => {
      app.addHook('onRequest', (_request, reply, done) => {
        void reply.header('x-a', SPLIT)
        done()
      })
    }
  ],
  [
    'one of several fields of the reply',
    (app) => {
      app.addHook('onRequest', (_request, reply, done) => {
        void reply.header('set-cookie', ['a=1', SPLIT])
        done()
      })
    }
  ]
]

async function start(t: Teardown, register: PluginDefinition['register']) {
  const origin = await startScriptedOrigin(t)
  const text = `upstreams:
  origin: { endpoints: ["${origin.url}"] }
  away: { endpoints: ["http://127.0.0.1:1"], fallback: { status: 200, body: fallen }, retry: { attempts: 0 } }
  gone: { endpoints: ["http://127.0.0.1:1"], retry: { attempts: 0 } }
routes:
  - { name: all, match: { path: /* }, upstream: origin, plugins: { splitter: {} } }
  - { name: away, match: { path: /away }, upstream: away, plugins: { splitter: {} } }
  - { name: gone, match: { path: /gone }, upstream: gone, plugins: { splitter: {} } }`
  const gateway = await startGateway(t, passThrough(origin.url), { plan: planWith(text, [pluginThat('splitter', register)]) })
  return { origin, gateway }
}

for (const [name, register] of WAYS) {
  t.test(`${name}: an ordinary answer becomes 500`, async (t) => {
    const { gateway } = await start(t, register)
    const answer = await rawRequest(t, gateway.port, 'GET /good HTTP/1.1\r\nHost: a\r\n\r\n')
    t.equal(answer.status, 500)
    t.equal((JSON.parse(answer.body.toString()) as { code: string }).code, 'SP_PLUGIN_FAILED')
    t.notMatch(answer.fields.join('\n'), /evil/)
    await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
  })

  t.test(`${name}: the 101 of a tunnel, which is written by hand, becomes 500`, async (t) => {
    const { origin, gateway } = await start(t, register)
    origin.script = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    const answer = await rawRequest(t, gateway.port, `${UPGRADE}\r\n`)
    t.equal(answer.status, 500)
    t.notMatch(answer.fields.join('\n'), /evil/)
    await eventually(async () => origin.connections === 0 && (await inFlight(gateway, 'origin')) === 0)
  })

  t.test(`${name}: the gateway's own answers are sent without the edit`, async (t) => {
    const { gateway } = await start(t, register)
    const fallback = await rawRequest(t, gateway.port, 'GET /away HTTP/1.1\r\nHost: a\r\n\r\n')
    t.same([fallback.status, fallback.body.toString()], [200, 'fallen'])
    const problem = await rawRequest(t, gateway.port, 'GET /gone HTTP/1.1\r\nHost: a\r\n\r\n')
    t.equal(problem.status, 502)
    const options = await rawRequest(t, gateway.port, 'OPTIONS /good HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n')
    t.equal(options.status, 200)
    for (const { fields } of [fallback, problem, options]) t.notMatch(fields.join('\n'), /evil/)
  })
}

t.test('a refusal whose field cannot be written is sent without it', async (t) => {
  const { gateway } = await start(t, (app) => {
    app.addHook('onRequest', (_request, _reply, done) => {
      done(gatewayError('SP_FORBIDDEN', { headers: { 'x-a': SPLIT, 'x-b': 'fine' } }))
    })
  })
  const answer = await rawRequest(t, gateway.port, 'GET /good HTTP/1.1\r\nHost: a\r\n\r\n')
  t.equal(answer.status, 403)
  t.match(answer.fields.join('\n'), /x-b\nfine/)
  t.notMatch(answer.fields.join('\n'), /evil/)
})
