import t from 'tap'
import { FakeIssuer, jwksBench, settled, signingKey } from '../support/jwks.ts'

const MINUTE = 60_000
const old = signingKey('old')
const fresh = signingKey('fresh')

t.test('a key that the issuer has added since is found at its first token', async (t) => {
  const issuer = new FakeIssuer(old)
  const { status } = await jwksBench(t, issuer)
  t.equal(await status(old.sign()), 200)
  issuer.keys = [old.jwk, fresh.jwk]
  t.equal(await status(fresh.sign()), 200)
  t.equal(await status(old.sign()), 200)
  t.equal(issuer.asked.length, 2)
})

t.test('a remembered token is refused once its key has left the set', async (t) => {
  const issuer = new FakeIssuer(old)
  const { status, clock } = await jwksBench(t, issuer, { requiredClaims: [] })
  const token = old.sign({ exp: undefined })
  t.equal(await status(token), 200)
  t.equal(await status(token), 200)
  issuer.keys = [fresh.jwk]
  clock.advance(10 * MINUTE)
  await settled()
  t.equal(await status(token), 401)
})

t.test('a remembered token outlives fetches that change other keys', async (t) => {
  const issuer = new FakeIssuer(old)
  const { status, clock } = await jwksBench(t, issuer, { requiredClaims: [] })
  const token = old.sign({ exp: undefined })
  t.equal(await status(token), 200)
  issuer.keys = [fresh.jwk, old.jwk]
  clock.advance(10 * MINUTE)
  await settled()
  t.equal(await status(token), 200)
  issuer.keys = [fresh.jwk]
  clock.advance(10 * MINUTE)
  await settled()
  t.equal(await status(token), 401, 'and goes with its own')
})

t.test('a key id that now means another key does not let tokens of the old one in', async (t) => {
  const issuer = new FakeIssuer(old)
  const { status, clock } = await jwksBench(t, issuer, { requiredClaims: [] })
  const token = old.sign({ exp: undefined })
  t.equal(await status(token), 200)
  const replaced = signingKey('old')
  issuer.keys = [replaced.jwk]
  clock.advance(10 * MINUTE)
  await settled()
  t.equal(await status(token), 401)
  t.equal(await status(replaced.sign({ exp: undefined })), 200)
})
