import t from 'tap'
import { FakeIssuer, compact, jwksBench, jwtBench, signingKey } from '../support/jwks.ts'
import { START } from './tokens.ts'

const key = signingKey('a', 'RS256')
const claims = { sub: 'mallory', exp: START + 600 }
const spki = key.publicKey.export({ type: 'spki', format: 'pem' }).toString()

/** Every text that somebody who knows the public key might take for the secret. */
const secrets: Readonly<Record<string, string>> = {
  SPKI: spki,
  'SPKI without its last line break': spki.trimEnd(),
  'PKCS #1': key.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  'the JWK': JSON.stringify(key.jwk),
  'the set': JSON.stringify({ keys: [key.jwk] }),
  'the modulus': String(key.jwk['n']),
  'an empty secret': ''
}

for (const [name, secret] of Object.entries(secrets)) {
  t.test(`HS256, HS384 and HS512 with ${name} are refused`, async (t) => {
    const set = await jwksBench(t, new FakeIssuer(key))
    const pem = await jwtBench(t, { publicKey: spki })
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      for (const header of [{ alg, kid: 'a' }, { alg }]) {
        const token = compact(header, claims, secret)
        t.equal(await set.status(token), 401)
        t.equal(await pem.status(token), 401)
      }
    }
    t.equal(set.count('algorithm'), 6)
    t.equal(await set.status(key.sign()), 200)
    t.equal(await pem.status(key.sign()), 200)
  })
}
