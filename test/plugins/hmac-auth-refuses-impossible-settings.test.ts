import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import hmacAuth from '../../plugins/hmac-auth/index.ts'
import { checkPlugin, testPlugin } from '../../src/plugin-api/testing.ts'
import { pemOf } from '../support/http-signature.ts'

const pathsOf = (config: object, severity: string) =>
  checkPlugin(hmacAuth, config)
    .filter((issue) => issue.severity === severity)
    .map(({ path }) => path.join('.'))

t.test('settings that can never be met are errors', async (t) => {
  t.same(pathsOf({}, 'error'), [])
  t.same(pathsOf({ required: ['@method', '@target-uri', '@status', 'Content-Type', '@query-param', 'x y', 'content-type'] }, 'error'), [
    'required.2',
    'required.3',
    'required.4',
    'required.5'
  ])
  t.same(pathsOf({ maxAge: '0s' }, 'error'), ['maxAge'])
  t.same(pathsOf({ maxAge: '2d' }, 'error'), ['maxAge'])
  t.same(pathsOf({ clockSkew: '2d' }, 'error'), ['clockSkew'])
  t.same(pathsOf({ clockSkew: '0s' }, 'error'), [])
  t.same(pathsOf({ algorithms: ['none'] }, 'error').length > 0, true)
  t.same(pathsOf({ algorithms: [] }, 'error').length > 0, true)
})

t.test('signatures that are good for more than one request are a warning', async (t) => {
  t.same(pathsOf({}, 'warning'), [])
  t.same(pathsOf({ required: [] }, 'warning'), ['required', 'required'])
  t.same(pathsOf({ required: ['@method', '@path'] }, 'warning'), [])
})

t.test('a key that cannot be used keeps the configuration from being used', async (t) => {
  const keys = {
    garbage: 'garbage',
    empty: '',
    private: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    short: pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey),
    curve: pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
    kind: pemOf(generateKeyPairSync('x25519').publicKey)
  }
  for (const [name, publicKey] of Object.entries(keys)) {
    const consumers = [{ name: 'shop', hmacKeys: [{ id: 'the-key', secret: null, publicKey }] }]
    const error = await testPlugin(hmacAuth, {}, { consumers }).then(
      () => null,
      (thrown: Error) => thrown
    )
    t.match(error?.message, /^consumer shop: the key the-key must be/, name)
    if (publicKey !== '') t.notOk(error?.message.includes(publicKey.split('\n')[1] ?? publicKey))
  }
})
