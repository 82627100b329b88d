import t from 'tap'
import cors from '../../plugins/cors/index.ts'
import { gatewayError } from '../../src/plugin-api/index.ts'
import { checkPlugin, testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'

const SHOP = 'https://shop.example'

async function bench(t: { teardown(run: () => Promise<void>): void }, config: object = { origins: [SHOP] }, options?: TestPluginOptions) {
  const made = await testPlugin(cors, config, options)
  t.teardown(made.close)
  return made
}

const preflight = (origin = SHOP) =>
  ({ method: 'OPTIONS', url: '/x', headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a' } }) as const

t.test('a preflight is answered by the gateway', async (t) => {
  const { inject } = await bench(t, { origins: [SHOP], methods: ['GET', 'PUT'], credentials: true, maxAge: 600 })
  const answer = await inject(preflight())
  t.equal(answer.statusCode, 204)
  t.equal(answer.body, '')
  t.match(answer.headers, {
    'access-control-allow-origin': SHOP,
    'access-control-allow-methods': 'GET, PUT',
    'access-control-allow-headers': 'x-a',
    'access-control-allow-credentials': 'true',
    'access-control-max-age': '600'
  })
  t.match(answer.headers['vary'], /\bOrigin\b/)
})

t.test('a preflight does not reach what comes after the plugin', async (t) => {
  const made = await testPlugin(
    {
      ...cors,
      async register(app, config, deps) {
        await cors.register(app, config as never, deps)
        app.addHook('onRequest', (_request, _reply, done) => {
          done(gatewayError('SP_UNAUTHENTICATED'))
        })
      }
    },
    { origins: [SHOP] }
  )
  t.teardown(made.close)
  t.equal((await made.inject(preflight())).statusCode, 204)
  const refused = await made.inject({ headers: { origin: SHOP } })
  t.equal(refused.statusCode, 401)
  t.equal(refused.headers['access-control-allow-origin'], SHOP, 'a script may read why it was refused')
})

t.test('a preflight of a foreign origin is answered without permission', async (t) => {
  const { inject } = await bench(t, { origins: [SHOP], credentials: true })
  const answer = await inject(preflight('https://evil.test'))
  t.equal(answer.statusCode, 204)
  t.notOk(Object.keys(answer.headers).some((name) => name.startsWith('access-control-')))
  t.match(answer.headers['vary'], /\bOrigin\b/)
})

t.test('an OPTIONS request that is no preflight goes to the upstream', async (t) => {
  const { inject } = await bench(t)
  t.equal((await inject({ method: 'OPTIONS', url: '/x' })).json().method, 'OPTIONS')
  t.equal((await inject({ method: 'OPTIONS', url: '/x', headers: { origin: SHOP } })).json().method, 'OPTIONS')
})

t.test('an answer tells only its own origin, and that it varies', async (t) => {
  const { inject } = await bench(t, { origins: [SHOP, { regex: 'https://[a-z]+\\.shop\\.example' }], exposedHeaders: ['x-total'] })
  const allowed = async (origin: string) => (await inject({ headers: { origin } })).headers['access-control-allow-origin']
  t.equal(await allowed(SHOP), SHOP)
  t.equal(await allowed('https://m.shop.example'), 'https://m.shop.example')
  for (const origin of [
    'https://evil.test',
    'http://shop.example',
    'https://m.shop.example.evil.test',
    'https://shop.example:8443',
    'xhttps://m.shop.example',
    'null'
  ]) {
    t.equal(await allowed(origin), undefined, origin)
  }
  const answer = await inject({ headers: { origin: SHOP } })
  t.equal(answer.headers['access-control-expose-headers'], 'x-total')
  t.equal(answer.headers['vary'], 'Origin')
  t.equal((await inject('/')).headers['vary'], 'Origin', 'also without an Origin: a cache must not keep that answer for others')
})

t.test("the upstream's Vary is kept", async (t) => {
  const { inject } = await bench(t, undefined, { answer: { headers: { vary: 'Accept-Encoding' } } })
  t.equal((await inject({ headers: { origin: SHOP } })).headers['vary'], 'Accept-Encoding, Origin')
})

t.test("the upstream's CORS fields are replaced, or removed", async (t) => {
  const { inject } = await bench(t, undefined, {
    answer: { headers: { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' } }
  })
  const own = await inject({ headers: { origin: SHOP } })
  t.equal(own.headers['access-control-allow-origin'], SHOP)
  t.notOk('access-control-allow-credentials' in own.headers)
  const foreign = await inject({ headers: { origin: 'https://evil.test' } })
  t.notOk('access-control-allow-origin' in foreign.headers)
})

t.test('any origin is a constant answer', async (t) => {
  const { inject } = await bench(t, { origins: ['*'] })
  const answer = await inject({ headers: { origin: 'https://any.test' } })
  t.equal(answer.headers['access-control-allow-origin'], '*')
  t.equal(answer.headers['vary'], undefined)
})

t.test('what cannot work is an error', async (t) => {
  const errors = (config: object) => checkPlugin(cors, config).map(({ path, message, hint }) => [path.join('.'), message, hint])
  t.match(errors({ origins: [SHOP, '*'], credentials: true }), [['origins.1', "'*' cannot be combined with credentials: true"]])
  t.match(errors({ origins: ['https://shop.example/'] }), [['origins.0', /is not an origin/, 'browsers send https://shop.example']])
  t.match(errors({ origins: ['shop.example'] }), [['origins.0', /is not an origin/]])
  t.match(errors({ origins: [{ regex: '(' }] }), [['origins.0.regex']])
  t.same(errors({ origins: ['capacitor://localhost', 'null', 'http://localhost:3000'] }), [])
  t.not(errors({ origins: [] }).length, 0)
})
