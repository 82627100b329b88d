import t from 'tap'
import jwt from '../../plugins/jwt/index.ts'
import { checkPlugin } from '../../src/plugin-api/testing.ts'
import { FakeIssuer, jwtBench, settled, signingKey } from '../support/jwks.ts'

const key = signingKey('a')
const DOCUMENT = '/.well-known/openid-configuration'

async function bench(t: Parameters<typeof jwtBench>[0], issuer: string, document: unknown, config: object = {}) {
  const fake = new FakeIssuer(key)
  fake.pages.set(`${issuer.replace(/\/$/, '')}${DOCUMENT}`, document)
  const made = await jwtBench(t, { issuerDiscovery: issuer, ...config }, { http: fake.request })
  await settled()
  return { fake, ...made }
}

const good = (issuer: string, jwks = 'https://keys.example/set') => ({
  issuer,
  jwks_uri: jwks,
  id_token_signing_alg_values_supported: ['HS256', 'none']
})

t.test('the document of the issuer leads to its keys, and its tokens are accepted', async (t) => {
  const issuer = 'https://id.example'
  const { status, fake } = await bench(t, issuer, good(issuer))
  t.equal(await status(key.sign({ iss: issuer })), 200)
  t.equal(await status(key.sign({ iss: 'https://other.example' })), 401, 'the issuer need not be written twice')
  t.equal(await status(key.sign({ iss: undefined })), 401)
  t.same(fake.asked, [`${issuer}${DOCUMENT}`, 'https://keys.example/set'])
})

t.test('an issuer with a path, with and without a slash at its end, is taken as it is written', async (t) => {
  for (const issuer of ['https://id.example/realms/shop', 'https://id.example/realms/shop/']) {
    const { status, fake } = await bench(t, issuer, good(issuer))
    t.equal(fake.asked[0], `https://id.example/realms/shop${DOCUMENT}`)
    t.equal(await status(key.sign({ iss: issuer })), 200)
    t.equal(await status(key.sign({ iss: issuer.endsWith('/') ? issuer.slice(0, -1) : `${issuer}/` })), 401)
  }
})

t.test('a document that is not that of the issuer, or leads to no safe address, gives no keys', async (t) => {
  const issuer = 'https://id.example'
  const bad: readonly unknown[] = [
    good('https://evil.example'),
    good(`${issuer}/`),
    { jwks_uri: 'https://keys.example/set' },
    good(issuer, 'http://keys.example/set'),
    good(issuer, 'http://127.0.0.1/set'),
    good(issuer, 'https://user:password@keys.example/set'),
    good(issuer, 'file:///etc/keys.json'),
    good(issuer, '/keys'),
    { issuer, jwks_uri: ['https://keys.example/set'] },
    { issuer },
    null,
    []
  ]
  for (const document of bad) {
    const { fake, logged } = await bench(t, issuer, document)
    t.same(fake.asked, [`${issuer}${DOCUMENT}`], JSON.stringify(document))
    t.match(logged, [{ level: 'warn', message: 'keys could not be fetched' }])
  }
})

t.test('an issuer on loopback may speak http, and so may its keys', async (t) => {
  const issuer = 'http://127.0.0.1:9000'
  const { status } = await bench(t, issuer, good(issuer, 'http://localhost:9000/set'))
  t.equal(await status(key.sign({ iss: issuer })), 200)
  const { fake } = await bench(t, issuer, good(issuer, 'http://keys.example/set'))
  t.equal(fake.asked.length, 1, 'but the keys of another host may not')
})

t.test('an unknown kid asks for the keys alone, the background for the document too', async (t) => {
  const issuer = 'https://id.example'
  const { status, fake, clock } = await bench(t, issuer, good(issuer))
  fake.asked.length = 0
  t.equal(await status(key.sign({ iss: issuer }, { kid: 'unknown' })), 401)
  t.same(fake.asked, ['https://keys.example/set'])
  fake.pages.set(`${issuer}${DOCUMENT}`, good(issuer, 'https://keys.example/moved'))
  clock.advance(600_000)
  await settled()
  t.same(fake.asked.slice(1), [`${issuer}${DOCUMENT}`, 'https://keys.example/moved'])
})

t.test('addresses that cannot be trusted, and settings that contradict each other, are errors', async (t) => {
  const problems = (config: object) => checkPlugin(jwt, config).map(({ severity, path, message }) => `${severity} ${path.join('.')}: ${message}`)
  for (const url of [
    'http://id.example',
    'https://a:b@id.example',
    'ftp://id.example',
    'id.example',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example'
  ]) {
    t.match(problems({ issuerDiscovery: url }), [/^error issuerDiscovery: expected a url with https/], url)
    t.match(problems({ jwks: url }), [/^error jwks: expected a url with https/], url)
    t.match(problems({ jwks: { url } }), [/^error jwks: expected a url with https/], url)
  }
  t.same(problems({ jwks: 'http://127.0.0.1:1/keys' }), [])
  t.same(problems({ jwks: 'http://[::1]:1/keys' }), [])
  t.match(problems({ issuerDiscovery: 'https://id.example?x=1' }), [/neither a query nor a fragment/])
  t.match(problems({ jwks: { url: 'https://id.example', refresh: '10ms' } }), [/^error jwks: refresh must be at least 1s/])
  t.match(problems({ jwks: 'https://id.example', algorithms: ['RS256', 'HS256'] }), ['error algorithms.1: HS256 is impossible with this jwks'])
  t.match(problems({ jwks: 'https://id.example', secret: 'x' }), ['error : give either secret or jwks, not both'])
  t.match(problems({ jwks: 'https://id.example', issuerDiscovery: 'https://id.example' }), ['error : give either jwks or issuerDiscovery, not both'])
  t.match(problems({ issuerDiscovery: 'https://id.example', issuer: 'https://other.example' }), [
    /^error issuer: the keys are those of https:\/\/id\.example/
  ])
  t.same(problems({ issuerDiscovery: 'https://id.example', issuer: ['https://other.example', 'https://id.example'] }), [])
})

t.test('a key set of the route replaces any key of its provider', async (t) => {
  const fake = new FakeIssuer(key)
  const { status } = await jwtBench(
    t,
    { provider: 'shop', jwks: 'https://id.example/keys' },
    { providers: { shop: { secret: 'a secret of at least thirty-two bytes' } }, http: fake.request }
  )
  t.equal(await status(key.sign()), 200)
})
