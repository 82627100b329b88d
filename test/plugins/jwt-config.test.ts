import { createHmac, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import jwt from '../../plugins/jwt/index.ts'
import { mintToken } from '../../src/cli/token.ts'
import { checkPlugin, testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'
import { SECRET, START, bearer, ec, ed25519, rsa, sign } from './tokens.ts'

const problems = (config: object, options?: TestPluginOptions) =>
  checkPlugin(jwt, config, options).map(({ severity, path, message }) => `${severity} ${path.join('.')}: ${message}`)

t.test('an HMAC algorithm with a public key is an error', async (t) => {
  t.same(problems({ publicKey: rsa.publicKey, algorithms: ['RS256', 'HS256'] }), ['error algorithms.1: HS256 is impossible with this publicKey'])
  t.same(problems({ secret: SECRET, algorithms: ['RS256'] }), ['error algorithms.0: RS256 is impossible with this secret'])
  t.same(problems({ publicKey: ec('P-256').publicKey, algorithms: ['ES384'] }), ['error algorithms.0: ES384 is impossible with this publicKey'])
})

t.test('none is not an algorithm', async (t) => {
  t.match(problems({ secret: SECRET, algorithms: ['none'] })[0], /^error algorithms\.0/)
})

t.test('a key must be there, once, and of a usable kind', async (t) => {
  t.match(problems({}), ['error : a key is missing'])
  t.match(problems({ secret: SECRET, publicKey: rsa.publicKey }), ['error : give either secret or publicKey, not both'])
  t.match(problems({ secret: rsa.publicKey }), [/^error secret: this is a PEM/])
  t.match(problems({ publicKey: rsa.privateKey }), [/^error publicKey: this is a private key/])
  t.match(problems({ publicKey: 'nonsense' }), [/^error publicKey: not a public key/])
  t.match(problems({ publicKey: ec('secp256k1').publicKey }), [/^error publicKey: keys of type secp256k1/])
  t.same(problems({ publicKey: ed25519.publicKey }), [])
})

t.test('a secret that is written in an encoding is its bytes', async (t) => {
  const bytes = Buffer.from(Array.from({ length: 32 }, (_one, i) => 255 - i * 7))
  const input = sign().split('.').slice(0, 2).join('.')
  const token = `${input}.${createHmac('sha256', bytes).update(input).digest('base64url')}`
  for (const secretEncoding of ['base64', 'base64url', 'hex'] as const) {
    const bench = await testPlugin(jwt, { secret: bytes.toString(secretEncoding), secretEncoding })
    t.teardown(bench.close)
    t.equal((await bench.inject(bearer(token))).statusCode, 200, secretEncoding)
    t.equal((await bench.inject(bearer(sign({}, bytes.toString(secretEncoding))))).statusCode, 401, 'its text is no key')
  }
})

t.test('the command for tokens signs with its bytes, too', async (t) => {
  const token = mintToken({ secret: 'ab'.repeat(32), secretEncoding: 'hex' }, {}, 1000)
  const [head, payload, signature] = token.split('.')
  t.equal(signature, createHmac('sha256', Buffer.alloc(32, 0xab)).update(`${head}.${payload}`).digest('base64url'))
})

t.test('an encoding that the secret is not written in is an error', async (t) => {
  for (const [secretEncoding, secret] of [
    ['hex', `${'ab'.repeat(32)}x`],
    ['hex', 'abc'],
    ['base64', `${'A'.repeat(42)}_`],
    ['base64url', `${'A'.repeat(42)}+/`],
    ['base64url', '=']
  ])
    t.same(problems({ secret, secretEncoding }), [`error secret: the secret is not ${secretEncoding}, as secretEncoding says`])
  t.match(problems({ secret: 'c2hvcnQ=', secretEncoding: 'base64' }), [/^warning secret: the secret has 5 bytes/])
  t.match(problems({ secret: SECRET, secretEncoding: 'utf16' })[0], /^error secretEncoding/)
  t.match(problems({ publicKey: rsa.publicKey, secretEncoding: 'hex' }), [/^error secretEncoding: .* there is none/])
  const providers = { shop: { secret: 'ab'.repeat(32), secretEncoding: 'hex' } }
  t.same(problems({ provider: 'shop', secret: SECRET }, { providers }), [], 'a secret of its own is not read as the one of its provider')
})

t.test('claims go only into what can be a field', async (t) => {
  for (const name of ['x user', 'x_user', 'x-user:', 'Ü', ''])
    t.match(problems({ secret: SECRET, claimsToHeaders: { [name]: 'sub' } })[0], /^error claimsToHeaders/, JSON.stringify(name))
  t.same(problems({ secret: SECRET, claimsToHeaders: { 'X-User-1': 'sub' } }), [])
})

t.test('a weak key is a warning', async (t) => {
  t.match(problems({ secret: 'short' }), [/^warning secret: the secret has 5 bytes/])
  const small = generateKeyPairSync('rsa', {
    modulusLength: 1024,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' }
  })
  t.match(problems({ publicKey: small.publicKey }), [/^warning publicKey: the RSA key has 1024 bits/])
})

t.test('a provider must exist', async (t) => {
  t.match(problems({ provider: 'shop' }, { providers: { mall: {} } }), ['error provider: there is no provider shop'])
})

t.test('a provider gives what the route does not say itself', async (t) => {
  const providers = { shop: { secret: SECRET, issuer: 'shop', leeway: '0s' } }
  const status = async (config: object, claims: object, key = SECRET) => {
    const bench = await testPlugin(jwt, { provider: 'shop', ...config }, { providers })
    t.teardown(bench.close)
    return (await bench.inject(bearer(sign(claims, key)))).statusCode
  }
  t.equal(await status({}, { iss: 'shop' }), 200)
  t.equal(await status({}, { iss: 'mall' }), 401)
  t.equal(await status({ issuer: 'mall' }, { iss: 'mall' }), 200)
  t.equal(await status({}, { iss: 'shop', exp: START }), 401, 'its leeway is not replaced by a default')
  const other = 'another secret of at least thirty-two bytes'
  t.equal(await status({ secret: other }, { iss: 'shop' }, other), 200)
  t.equal(await status({ secret: other }, { iss: 'shop' }), 401)
})

t.test('a route may bring a key of another kind than its provider', async (t) => {
  const bench = await testPlugin(jwt, { provider: 'shop', publicKey: rsa.publicKey }, { providers: { shop: { secret: SECRET } } })
  t.teardown(bench.close)
  t.equal((await bench.inject(bearer(sign({}, rsa.privateKey, 'RS256')))).statusCode, 200)
  t.equal((await bench.inject(bearer(sign()))).statusCode, 401)
})

t.test('a provider is judged once, at its own place', async (t) => {
  t.match(jwt.checkProvider?.({ secret: 'short' }), [{ severity: 'warning', path: ['secret'] }])
  t.match(jwt.checkProvider?.({ publicKey: 'nonsense' }), [{ severity: 'error', path: ['publicKey'] }])
  t.same(jwt.checkProvider?.({ issuer: 'shop' }), [], 'the key may come from the routes')
  t.same(problems({ provider: 'shop' }, { providers: { shop: { secret: 'short' } } }), [])
})

t.test('what a route and its provider make together is judged at the route', async (t) => {
  const providers = {
    shop: { secret: SECRET },
    keyless: { issuer: 'shop' },
    elliptic: { publicKey: ec('prime256v1').publicKey, algorithms: ['ES256'] }
  }
  t.match(problems({ provider: 'keyless' }, { providers }), [/^error provider: a key is missing/])
  t.match(problems({ provider: 'shop', algorithms: ['RS256'] }, { providers }), [/^error algorithms\.0: RS256 is impossible/])
  t.match(problems({ provider: 'elliptic', secret: SECRET }, { providers }), [/^error provider: ES256 is impossible/])
})

t.test('without check, a bad provider fails the build with what is wrong', async (t) => {
  await t.rejects(testPlugin(jwt, { provider: 'shop' }, { providers: { shop: { publicKey: 'nonsense' } } }), /publicKey: not a public key/)
})
