import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { readJwk } from '../../plugins/jwt/jwk.ts'
import { isFactorable } from '../../plugins/jwt/weak-rsa.ts'
import { FakeIssuer, jwksBench, settled, signingKey, type Jwk } from '../support/jwks.ts'

const ec = signingKey('ec')
const rsa = signingKey('rsa', 'RS256')
const jwkOf = (type: 'ed448' | 'x25519'): Jwk => generateKeyPairSync(type as 'ed448').publicKey.export({ format: 'jwk' })

const ignored: Readonly<Record<string, { readonly jwk: unknown; readonly why: RegExp }>> = {
  'a secret': { jwk: { kty: 'oct', k: 'AAAA', alg: 'HS256' }, why: /symmetric/ },
  'a private key': { jwk: ec.privateKey.export({ format: 'jwk' }), why: /private/ },
  'a private RSA key': { jwk: rsa.privateKey.export({ format: 'jwk' }), why: /private/ },
  'a public key with a part of the private one': { jwk: { ...rsa.jwk, dp: 'AAAA' }, why: /private/ },
  'use: enc': { jwk: { ...ec.jwk, use: 'enc' }, why: /not for signatures/ },
  'use of an unknown kind': { jwk: { ...ec.jwk, use: ['sig'] }, why: /not for signatures/ },
  'key_ops without verify': { jwk: { ...ec.jwk, key_ops: ['sign', 'encrypt'] }, why: /not for verifying/ },
  'key_ops that is a text': { jwk: { ...ec.jwk, key_ops: 'verify' }, why: /not for verifying/ },
  'an alg that the type does not fit': { jwk: { ...ec.jwk, alg: 'RS256' }, why: /algorithm/ },
  'an alg of another curve': { jwk: { ...ec.jwk, alg: 'ES384' }, why: /algorithm/ },
  'HS256 on a public key': { jwk: { ...rsa.jwk, alg: 'HS256' }, why: /algorithm/ },
  'an alg for encryption': { jwk: { ...rsa.jwk, alg: 'RSA-OAEP' }, why: /algorithm/ },
  'an alg that is no text': { jwk: { ...rsa.jwk, alg: null }, why: /algorithm/ },
  'a kid that is no text': { jwk: { ...ec.jwk, kid: 7 }, why: /kid/ },
  'an unknown type': { jwk: { ...ec.jwk, kty: 'AKP' }, why: /unknown type/ },
  'a type of the prototype': { jwk: { ...ec.jwk, kty: 'constructor' }, why: /unknown type/ },
  'a missing coordinate': { jwk: { kty: 'EC', crv: 'P-256', x: ec.jwk['x'] }, why: /incomplete/ },
  'a point beside the curve': { jwk: { ...ec.jwk, y: ec.jwk['x'] }, why: /not valid/ },
  'a curve that the point is not on': { jwk: { ...ec.jwk, crv: 'P-384' }, why: /not valid/ },
  secp256k1: { jwk: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' }), why: /secp256k1/ },
  Ed448: { jwk: jwkOf('ed448'), why: /ed448/ },
  X25519: { jwk: jwkOf('x25519'), why: /x25519/ },
  'RSA of 1024 bits': { jwk: generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }), why: /shorter/ },
  'RSA with the exponent 1': { jwk: { ...rsa.jwk, e: 'AQ' }, why: /exponent/ },
  'no object': { jwk: 'EC', why: /not an object/ },
  null: { jwk: null, why: /not an object/ }
}

for (const [name, { jwk, why }] of Object.entries(ignored)) {
  t.test(`ignored: ${name}`, async (t) => {
    const verdict = readJwk(jwk)
    t.type(verdict, 'string')
    t.match(verdict, why)
  })
}

t.test('what a key can verify follows from its type and curve, and its alg pins one of them', async (t) => {
  const algorithms = (jwk: unknown) => {
    const read = readJwk(jwk)
    return typeof read === 'string' ? read : read.algorithms
  }
  t.same(algorithms(ec.jwk), ['ES256'])
  t.same(algorithms(signingKey('b', 'ES512').jwk), ['ES512'])
  t.same(algorithms(signingKey('c', 'EdDSA').jwk), ['EdDSA'])
  t.same(algorithms(rsa.jwk), ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])
  t.same(algorithms({ ...rsa.jwk, alg: 'PS384', use: 'sig', key_ops: ['verify'] }), ['PS384'])
})

t.test('one bad key does not spoil the set', async (t) => {
  const issuer = new FakeIssuer(ec)
  issuer.keys = [...Object.values(ignored).map(({ jwk }) => jwk as Jwk), ec.jwk]
  const { status, logged } = await jwksBench(t, issuer)
  t.equal(await status(ec.sign()), 200)
  t.match(logged, [{ level: 'info', message: 'the key set has changed', facts: { keys: 1 } }])
})

t.test('a key is not used for an algorithm that its alg does not name', async (t) => {
  const issuer = new FakeIssuer()
  issuer.keys = [{ ...rsa.jwk, alg: 'RS256' }]
  const { status, count } = await jwksBench(t, issuer)
  t.equal(await status(rsa.sign()), 200)
  t.equal(await status(rsa.sign({}, { alg: 'PS256' })), 401)
  t.equal(count('algorithm'), 1)
})

t.test('of keys with one kid, and of keys for a token without one, none is tried when several fit', async (t) => {
  const [one, two] = [signingKey('same'), signingKey('same')]
  const twins = new FakeIssuer(one, two)
  const { status } = await jwksBench(t, twins)
  t.equal(await status(one.sign()), 401)
  t.equal(await status(two.sign({}, { kid: undefined })), 401)
  const mixed = new FakeIssuer(one, signingKey('same', 'EdDSA'))
  const { status: mixedStatus } = await jwksBench(t, mixed)
  await settled()
  t.equal(await mixedStatus(one.sign()), 200, 'only one of them is for the algorithm')
  t.equal(await mixedStatus(one.sign({}, { kid: undefined })), 200)
})

t.test('an RSA modulus with the mark of CVE-2017-15361 is known from others', async (t) => {
  const primes = Array.from({ length: 83 }, (_, index) => 2 * index + 3).filter((odd) => [3, 5, 7, 11].every((p) => odd === p || odd % p !== 0))
  const product = primes.reduce((all, prime) => all * BigInt(prime), 1n)
  let marked = 1n
  for (let power = 0; power < 12_345; power++) marked = (marked * 65537n) % product
  const modulus = marked + product * 2n ** 1900n
  t.ok(isFactorable(modulus))
  t.notOk(isFactorable(modulus + 2n))
  t.match(readJwk({ kty: 'RSA', e: 'AQAB', n: Buffer.from(modulus.toString(16), 'hex').toString('base64url') }), /factored/)
  t.notOk(isFactorable(BigInt(`0x${Buffer.from(String(rsa.jwk['n']), 'base64url').toString('hex')}`)))
})
