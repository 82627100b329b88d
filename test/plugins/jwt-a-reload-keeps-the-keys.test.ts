import t from 'tap'
import { KeySource } from '../../plugins/jwt/key-source.ts'
import { FakeClock, fakeRandom } from '../../src/plugin-api/testing.ts'
import { document, compilePlan, startGateway } from '../support/gateway.ts'
import { send } from '../support/client.ts'
import { startOrigin } from '../support/origin.ts'
import { FakeIssuer, SET_URL, jwksBench, settled, signingKey } from '../support/jwks.ts'

const key = signingKey('a')

t.test('after a reload the keys are there at once, without a fetch and with the issuer away', async (t) => {
  const issuer = new FakeIssuer(key)
  const state = new Map<string, unknown>()
  t.equal(await (await jwksBench(t, issuer, {}, { state })).status(key.sign()), 200)
  issuer.isAway = true
  const changed = { jwks: { url: SET_URL, refresh: '5m', wait: '0s' }, cacheSize: 7, audience: 'orders' }
  t.equal(await (await jwksBench(t, issuer, changed, { state })).status(key.sign({ aud: 'orders' })), 200)
  t.equal(issuer.asked.length, 1)
})

t.test('a changed `refresh` takes effect on the keys that are there', async (t) => {
  const issuer = new FakeIssuer(key)
  const state = new Map<string, unknown>()
  const clock = new FakeClock()
  await jwksBench(t, issuer, {}, { state, clock })
  await settled()
  await jwksBench(t, issuer, { jwks: { url: SET_URL, refresh: '20s' } }, { state, clock })
  clock.advance(20_000)
  await settled()
  t.equal(issuer.asked.length, 2)
})

t.test('a source that nobody uses any more asks nobody, and what its keys verified is good no longer', async (t) => {
  const clock = new FakeClock()
  let fetches = 0
  let isAborted = false
  const nothing = { debug() {}, info() {}, warn() {}, error() {} }
  const counters = { fetched: { inc() {} }, failed: { inc() {} } }
  const source = new KeySource(60_000, {
    fetch: async (_anew, signal) => {
      fetches++
      signal.addEventListener('abort', () => (isAborted = true))
      return { document: { keys: [key.jwk] }, freshMs: null }
    },
    place: SET_URL,
    clock,
    random: fakeRandom(),
    log: nothing,
    counters
  })
  const set = await source.first(1000)
  t.equal(set?.keys[0]?.retired, false)
  source.close()
  clock.advance(3_600_000)
  await settled()
  t.equal(fetches, 1)
  t.ok(isAborted)
  t.equal(set?.keys[0]?.retired, true)
})

t.test('through the whole gateway: one fetch for all routes and reloads', async (t) => {
  let fetches = 0
  const issuer = await startOrigin(t, (_request, response) => {
    fetches++
    response.end(JSON.stringify({ keys: [key.jwk] }))
  })
  const origin = await startOrigin(t, (request, response) => response.end(String(request.headers['x-user'])))
  const text = (more: string) => `upstreams: { origin: { endpoints: ["${origin.url}"] } }
plugins: { jwt: { jwks: "${issuer.url}/keys", claimsToHeaders: { x-user: sub } } }
routes:
  - { name: a, match: { path: /a }, upstream: origin }
  - { name: b, match: { path: /b }, upstream: origin }
${more}`
  const { gateway, url } = await startGateway(t, text(''))
  const now = Math.floor(Date.now() / 1000)
  const headers = { authorization: `Bearer ${key.sign({ exp: now + 600 })}`, 'x-user': 'root' }
  t.equal((await send(`${url}/a`, { headers })).text, 'alice')
  await gateway.reload(compilePlan(document(text('  - { name: c, match: { path: /c }, upstream: origin }'))))
  t.equal((await send(`${url}/c`, { headers })).text, 'alice')
  t.equal((await send(`${url}/b`, { headers })).text, 'alice')
  t.equal((await send(`${url}/b`)).status, 401)
  t.equal(fetches, 1)
})
