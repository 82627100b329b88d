import t from 'tap'
import { FakeIssuer, SET_URL, compact, jwksBench, jwtBench, settled, signingKey } from '../support/jwks.ts'
import { SECRET, START } from './tokens.ts'

const key = signingKey('a')
const mallory = signingKey('a')
const evil = 'https://evil.example/keys'
const certificate = Buffer.from('a certificate').toString('base64')

const headers: Readonly<Record<string, object>> = {
  jku: { jku: evil },
  x5u: { x5u: evil },
  jwk: { jwk: mallory.jwk },
  x5c: { x5c: [certificate] },
  'all of them': { jku: evil, x5u: evil, jwk: mallory.jwk, x5c: [certificate], iss: evil }
}

for (const [name, header] of Object.entries(headers)) {
  t.test(`${name} in a header is neither asked nor trusted`, async (t) => {
    const issuer = new FakeIssuer(key)
    issuer.pages.set(evil, { keys: [mallory.jwk] })
    const { status } = await jwksBench(t, issuer)
    await settled()
    t.equal(await status(mallory.sign({ jku: evil }, header)), 401)
    t.equal(await status(mallory.sign({ jku: evil }, { ...header, kid: 'unknown' })), 401)
    t.equal(await status(mallory.sign({ jku: evil }, { ...header, kid: undefined })), 401)
    t.equal(await status(key.sign({}, header)), 200, 'a good signature is good all the same')
    t.same(new Set(issuer.asked), new Set([SET_URL]))
  })
}

const kids = [
  '../../../dev/null',
  '/dev/null',
  evil,
  'file:///etc/passwd',
  "a' OR '1'='1",
  'a\u0000',
  'A',
  ' a',
  '',
  '__proto__',
  'constructor',
  'a;ls',
  '%61'
]

t.test('a kid is compared and nothing else: no path, address, query or prototype', async (t) => {
  const issuer = new FakeIssuer(key)
  const { status } = await jwksBench(t, issuer)
  for (const kid of kids) {
    t.equal(await status(mallory.sign({}, { kid })), 401)
    t.equal(await status(key.sign({}, { kid })), 401)
    t.equal(await status(compact({ alg: 'HS256', kid }, { sub: 'x', exp: START + 600 }, '')), 401)
  }
  t.same(new Set(issuer.asked), new Set([SET_URL]))
})

t.test('a kid that is no text is refused', async (t) => {
  const { status, count } = await jwksBench(t, new FakeIssuer(key))
  for (const kid of [7, null, ['a'], { kid: 'a' }, true]) t.equal(await status(key.sign({}, { kid })), 401)
  t.equal(count('malformed'), 5)
})

t.test('with one configured key the kid chooses nothing, and nobody is asked', async (t) => {
  const { status } = await jwtBench(t, { secret: SECRET })
  for (const kid of kids) t.equal(await status(compact({ alg: 'HS256', kid, jku: evil }, { sub: 'x', exp: START + 600 }, SECRET)), 200)
  t.equal(await status(compact({ alg: 'HS256', kid: '/dev/null', jku: evil }, { sub: 'x', exp: START + 600 }, '')), 401)
})
