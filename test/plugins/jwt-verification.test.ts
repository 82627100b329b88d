import { createHmac } from 'node:crypto'
import t from 'tap'
import jwt from '../../plugins/jwt/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { START, SECRET, bearer, ec, ed25519, forge, rsa, sign } from './tokens.ts'

async function answersOf(
  config: object,
  tokens: Record<string, string>,
  t: { teardown(run: () => Promise<void>): void }
): Promise<Record<string, number>> {
  const bench = await testPlugin(jwt, config)
  t.teardown(bench.close)
  const statuses: Record<string, number> = {}
  for (const [name, token] of Object.entries(tokens)) statuses[name] = (await bench.inject(bearer(token))).statusCode
  return statuses
}

t.test('every kind of key accepts tokens of its default algorithm', async (t) => {
  const p256 = ec('P-256')
  const p384 = ec('P-384')
  const p521 = ec('P-521')
  t.same(await answersOf({ secret: SECRET }, { HS256: sign() }, t), { HS256: 200 })
  t.same(await answersOf({ publicKey: rsa.publicKey }, { RS256: sign({}, rsa.privateKey, 'RS256') }, t), { RS256: 200 })
  t.same(await answersOf({ publicKey: p256.publicKey }, { ES256: sign({}, p256.privateKey, 'ES256') }, t), { ES256: 200 })
  t.same(await answersOf({ publicKey: p384.publicKey }, { ES384: sign({}, p384.privateKey, 'ES384') }, t), { ES384: 200 })
  t.same(await answersOf({ publicKey: p521.publicKey }, { ES512: sign({}, p521.privateKey, 'ES512') }, t), { ES512: 200 })
  t.same(await answersOf({ publicKey: ed25519.publicKey }, { EdDSA: sign({}, ed25519.privateKey, 'EdDSA') }, t), { EdDSA: 200 })
})

t.test('named algorithms are accepted and no others', async (t) => {
  const of = (algorithm: 'RS256' | 'RS512' | 'PS256') => sign({}, rsa.privateKey, algorithm)
  t.same(
    await answersOf({ publicKey: rsa.publicKey, algorithms: ['PS256', 'RS512'] }, { RS256: of('RS256'), RS512: of('RS512'), PS256: of('PS256') }, t),
    { RS256: 401, RS512: 200, PS256: 200 }
  )
  t.same(await answersOf({ secret: SECRET }, { HS512: sign({}, SECRET, 'HS512') }, t), { HS512: 401 })
})

t.test('a token signed as HS256 with the public key is refused', async (t) => {
  const input = forge({ alg: 'HS256', typ: 'JWT' }, { sub: 'mallory', exp: START + 600 }, '').slice(0, -1)
  const confused = `${input}.${createHmac('sha256', rsa.publicKey).update(input).digest('base64url')}`
  t.same(await answersOf({ publicKey: rsa.publicKey }, { confused }, t), { confused: 401 })
})

t.test('unsigned tokens are refused', async (t) => {
  const payload = { sub: 'mallory', exp: START + 600 }
  const signature = sign().split('.')[2] ?? ''
  const tokens = {
    none: forge({ alg: 'none' }, payload, ''),
    NONE: forge({ alg: 'NoNe' }, payload, ''),
    'none with a signature': forge({ alg: 'none' }, payload, signature),
    'HS256 without a signature': forge({ alg: 'HS256' }, payload, ''),
    'no alg': forge({}, payload, signature)
  }
  const refused = Object.fromEntries(Object.keys(tokens).map((name) => [name, 401]))
  t.same(await answersOf({ secret: SECRET }, tokens, t), refused)
  t.same(await answersOf({ publicKey: rsa.publicKey }, tokens, t), refused)
})

t.test('what was tampered with is refused', async (t) => {
  const [header, payload = '', signature = ''] = sign().split('.')
  const other = Buffer.from(JSON.stringify({ sub: 'root', exp: START + 600 })).toString('base64url')
  t.same(
    await answersOf(
      { secret: SECRET },
      {
        payload: `${header}.${other}.${signature}`,
        signature: `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
        shortened: `${header}.${payload}.${signature.slice(0, -2)}`,
        'another key': sign({}, 'another secret of at least thirty-two bytes'),
        'two parts': `${header}.${payload}`,
        garbage: 'garbage',
        'unknown critical header': forge({ alg: 'HS256', crit: ['b64'], b64: false }, { exp: START + 600 }, signature)
      },
      t
    ),
    {
      payload: 401,
      signature: 401,
      shortened: 401,
      'another key': 401,
      'two parts': 401,
      garbage: 401,
      'unknown critical header': 401
    }
  )
})

t.test('issuer and audience must be the configured ones, and present', async (t) => {
  const good = { iss: 'https://id.shop.example', aud: 'orders' }
  t.same(
    await answersOf(
      { secret: SECRET, issuer: good.iss, audience: ['orders', 'payments'] },
      {
        good: sign(good),
        'one audience of several': sign({ ...good, aud: ['users', 'payments'] }),
        'wrong issuer': sign({ ...good, iss: 'https://id.evil.test' }),
        'issuer with more at its end': sign({ ...good, iss: `${good.iss}.evil.test` }),
        'wrong audience': sign({ ...good, aud: 'users' }),
        'no issuer': sign({ aud: good.aud }),
        'no audience': sign({ iss: good.iss }),
        neither: sign()
      },
      t
    ),
    {
      good: 200,
      'one audience of several': 200,
      'wrong issuer': 401,
      'issuer with more at its end': 401,
      'wrong audience': 401,
      'no issuer': 401,
      'no audience': 401,
      neither: 401
    }
  )
})

t.test('required claims must be there; exp is, unless it is waived', async (t) => {
  const endless = sign({ exp: undefined })
  t.same(await answersOf({ secret: SECRET }, { endless }, t), { endless: 401 })
  t.same(await answersOf({ secret: SECRET, requiredClaims: [] }, { endless }, t), { endless: 200 })
  t.same(await answersOf({ secret: SECRET, requiredClaims: ['tenant'] }, { with: sign({ tenant: 7 }), without: sign() }, t), {
    with: 200,
    without: 401
  })
})
