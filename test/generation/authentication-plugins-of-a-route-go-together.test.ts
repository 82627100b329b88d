import t from 'tap'
import { Gateway } from '../../src/gateway.ts'
import { gatewayError, type Consumer, type PluginDefinition } from '../../src/plugin-api/index.ts'
import { send } from '../support/client.ts'
import type { Teardown } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { planWith, pluginThat } from '../support/plan.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createLog } from '../../src/telemetry/log.ts'

/** Lets in who sends `<name>: good`; `bad` is wrong, everything else is nothing. */
function method(name: string): PluginDefinition {
  return pluginThat(
    name,
    (app, _config, { authentication }) => {
      app.addHook('onRequest', (request, _reply, done: (error?: Error) => void) => {
        if (authentication.isDecided(request)) return done()
        const sent = request.headers[name]
        if (sent === 'good') {
          const consumer: Consumer = { name: `by-${name}`, groups: [name] }
          authentication.accept(request, consumer, { via: name })
          return done()
        }
        const error = gatewayError('SP_UNAUTHENTICATED', { detail: `no ${name}`, headers: { 'www-authenticate': `${name} realm="x"` } })
        done(authentication.refuse(request, sent === 'bad' ? 'invalid' : 'missing', error) ?? undefined)
      })
    },
    'authenticate'
  )
}

async function start(t: Teardown, authentication: string) {
  const origin = await startRecordingOrigin(t)
  const text = `consumers: [{ name: guest, groups: [visitors] }]
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - name: all
    match: { path: "/*" }
    upstream: origin
    plugins: { first: {}, second: {} }${authentication === '' ? '' : `\n    authentication: ${authentication}`}`
  const gateway = await Gateway.create({ plan: planWith(text, [method('first'), method('second')]), log: createLog('silent', systemClock) })
  await gateway.listen()
  t.teardown(() => gateway.close())
  const ask = async (headers: Record<string, string> = {}) => {
    const answer = await send(`http://127.0.0.1:${gateway.port()}/`, { headers })
    const sent = answer.status === 200 ? (origin.seen.at(-1)?.rawHeaders ?? []) : []
    const field = (name: string) => (sent.includes(name) ? sent[sent.indexOf(name) + 1] : null)
    return {
      status: answer.status,
      consumer: field('x-consumer-name'),
      groups: field('x-consumer-groups'),
      challenge: answer.headers['www-authenticate'] ?? null,
      detail: answer.status === 200 ? null : (answer.json() as { detail: string }).detail
    }
  }
  return { ask, origin }
}

t.test('all, which is the default: each must let the request in, and the first that does not ends it', async (t) => {
  for (const text of ['', '{ require: all }']) {
    const { ask, origin } = await start(t, text)
    t.match(await ask({ first: 'good', second: 'good' }), { status: 200, consumer: 'by-second' })
    t.match(await ask({ first: 'good' }), { status: 401, challenge: 'second realm="x"' })
    t.match(await ask({ second: 'good' }), { status: 401, challenge: 'first realm="x"', detail: 'no first' })
    t.match(await ask({ first: 'good', second: 'bad' }), { status: 401 })
    t.equal(origin.seen.length, 1)
  }
})

t.test('any: one is enough, and the rest is not asked', async (t) => {
  const { ask, origin } = await start(t, '{ require: any }')
  t.match(await ask({ first: 'good' }), { status: 200, consumer: 'by-first', groups: 'first' })
  t.match(await ask({ second: 'good' }), { status: 200, consumer: 'by-second' })
  t.match(await ask({ first: 'good', second: 'bad' }), { status: 200, consumer: 'by-first' })
  t.match(await ask({ first: 'bad', second: 'good' }), { status: 200, consumer: 'by-second' })
  t.equal(origin.seen.length, 4)
  t.match(await ask(), { status: 401, challenge: 'first realm="x", second realm="x"', detail: 'no first' })
  t.match(await ask({ second: 'bad' }), { status: 401, detail: 'no second' }, 'what was wrong goes before what was missing')
  t.equal(origin.seen.length, 4)
})

t.test('anonymous: who brings nothing is the guest, who brings something wrong is refused', async (t) => {
  for (const require of ['any', 'all']) {
    const { ask } = await start(t, `{ require: ${require}, anonymous: guest }`)
    t.match(await ask(), { status: 200, consumer: 'guest', groups: 'visitors' })
    t.match(await ask({ first: 'bad' }), { status: 401 }, `${require}: bad`)
    t.match(await ask({ second: 'bad' }), { status: 401 })
    t.match(await ask({ first: 'good', second: 'good' }), { status: 200 })
    t.match(await ask({ first: 'good' }), { status: require === 'any' ? 200 : 401 }, `${require}: one of two`)
  }
})

t.test('a consumer that the client claims to be never reaches the upstream', async (t) => {
  const { ask, origin } = await start(t, '{ require: any, anonymous: guest }')
  t.match(await ask({ 'x-consumer-name': 'admin', 'X-Consumer-Groups': 'admins', 'x-consumer-id': '1' }), {
    status: 200,
    consumer: 'guest',
    groups: 'visitors'
  })
  const names = (origin.seen.at(-1)?.rawHeaders ?? []).filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  t.strictSame(
    names.filter((name) => name.startsWith('x-consumer')),
    ['x-consumer-name', 'x-consumer-groups']
  )
})
