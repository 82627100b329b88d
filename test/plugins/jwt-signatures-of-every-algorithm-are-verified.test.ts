import { constants, sign as signBytes } from 'node:crypto'
import t from 'tap'
import { FakeIssuer, ISSUER, compact, jwksBench, signatureOf, signingKey, type SigningKey } from '../support/jwks.ts'
import { START } from './tokens.ts'

const rsa = signingKey('rsa', 'RS256')
const keys: Readonly<Record<string, SigningKey>> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: signingKey('p256', 'ES256'),
  ES384: signingKey('p384', 'ES384'),
  ES512: signingKey('p521', 'ES512'),
  EdDSA: signingKey('ed', 'EdDSA')
}
const issuer = new FakeIssuer(...new Set(Object.values(keys)))

function inputOf(alg: string, key: SigningKey): string {
  const token = compact({ alg, kid: key.kid }, { iss: ISSUER, sub: 'alice', exp: START + 600 }, key.privateKey)
  return token.slice(0, token.lastIndexOf('.'))
}

/** Texts whose signature is that of another text, shorter, longer, of another form, or none. */
function badSignatures(alg: string, key: SigningKey, input: string): Readonly<Record<string, Buffer>> {
  const good = signatureOf(input, key.privateKey, alg)
  const flipped = (at: number) => Buffer.from(good.map((byte, index) => (index === at ? byte ^ 1 : byte)))
  return {
    'first bit': flipped(0),
    'last bit': flipped(good.length - 1),
    'middle bit': flipped(good.length >> 1),
    'of another text': signatureOf(`${input}x`, key.privateKey, alg),
    'of another key': signatureOf(input, signingKey('other', alg).privateKey, alg),
    'one byte less': good.subarray(0, -1),
    'one byte more': Buffer.concat([good, Buffer.alloc(1)]),
    'a zero before it': Buffer.concat([Buffer.alloc(1), good]),
    zeros: Buffer.alloc(good.length),
    ones: Buffer.alloc(good.length, 0xff),
    one: Buffer.from(good.map((_, index) => (index === good.length - 1 ? 1 : 0))),
    'one byte': Buffer.alloc(1),
    twice: Buffer.concat([good, good]),
    reversed: Buffer.from(good.toReversed())
  }
}

for (const [alg, key] of Object.entries(keys)) {
  t.test(`${alg}: a good signature is accepted, and no other`, async (t) => {
    const { status, count } = await jwksBench(t, issuer)
    const input = inputOf(alg, key)
    t.equal(await status(`${input}.${signatureOf(input, key.privateKey, alg).toString('base64url')}`), 200)
    const bad = badSignatures(alg, key, input)
    for (const [name, signature] of Object.entries(bad)) t.equal(await status(`${input}.${signature.toString('base64url')}`), 401, name)
    t.equal(count('signature'), Object.keys(bad).length)
  })
}

t.test('a signature of one algorithm is none of another with the same key', async (t) => {
  const { status } = await jwksBench(t, issuer)
  const names = Object.keys(keys).filter((alg) => keys[alg] === rsa)
  for (const said of names) {
    const input = inputOf(said, rsa)
    for (const done of names) {
      const token = `${input}.${signatureOf(input, rsa.privateKey, done).toString('base64url')}`
      t.equal(await status(token), said === done ? 200 : 401, `${said} signed as ${done}`)
    }
  }
})

t.test('an ECDSA signature in DER is refused: JWS has the two numbers side by side', async (t) => {
  const { status } = await jwksBench(t, issuer)
  for (const alg of ['ES256', 'ES384', 'ES512']) {
    const key = keys[alg] as SigningKey
    const input = inputOf(alg, key)
    const der = signBytes(`sha${{ ES256: 256, ES384: 384, ES512: 512 }[alg]}`, Buffer.from(input), key.privateKey)
    t.equal(await status(`${input}.${der.toString('base64url')}`), 401)
  }
})

t.test('the salt of PSS is as long as the hash', async (t) => {
  const { status } = await jwksBench(t, issuer)
  const input = inputOf('PS256', rsa)
  const ofSalt = (saltLength: number) =>
    signBytes('sha256', Buffer.from(input), { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }).toString('base64url')
  t.equal(await status(`${input}.${ofSalt(32)}`), 200)
  for (const length of [0, 20, 31, 33, 64]) t.equal(await status(`${input}.${ofSalt(length)}`), 401, String(length))
})
