import t from 'tap'
import { FakeIssuer, SET_URL, jwksBench, settled, signingKey, type Jwk } from '../support/jwks.ts'

const key = signingKey('a')
const other = signingKey('b')

const troubles: Readonly<Record<string, (issuer: FakeIssuer) => void>> = {
  'nobody answers': (issuer) => (issuer.isAway = true),
  'a status of 503': (issuer) => (issuer.status = 503),
  'a redirect': (issuer) => Object.assign(issuer, { status: 302, headers: { location: 'https://evil.example/keys' } }),
  'no JSON': (issuer) => (issuer.body = '<html>maintenance</html>'),
  'JSON that is no set': (issuer) => (issuer.body = '[{"kty":"EC"}]'),
  'a set without keys': (issuer) => (issuer.keys = []),
  'a set without usable keys': (issuer) => (issuer.keys = [{ kty: 'oct', k: 'AAAA', kid: 'a' }]),
  'a set that is too large': (issuer) => (issuer.keys = [other.jwk, { kty: 'EC', x: 'x'.repeat(300_000) }]),
  'too many keys': (issuer) => (issuer.keys = Array.from({ length: 101 }, (_, index): Jwk => ({ ...other.jwk, kid: `b${index}` })))
}

for (const [name, trouble] of Object.entries(troubles)) {
  t.test(`the last good keys stay: ${name}`, async (t) => {
    const issuer = new FakeIssuer(key)
    const { status, clock, logged, counters } = await jwksBench(t, issuer, { cacheSize: 0, requiredClaims: [] })
    await settled()
    trouble(issuer)
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(60_000)
      await settled()
    }
    t.equal(await status(key.sign({ exp: undefined })), 200)
    t.ok(issuer.asked.length > 10, 'it was asked again and again')
    t.ok(issuer.asked.every((url) => url === SET_URL))
    t.equal(counters.get('jwks_fetches_total{host="id.example",result="ok"}'), 1)
    t.equal(counters.get('jwks_fetches_total{host="id.example",result="failed"}'), issuer.asked.length - 1)
    t.ok(logged.some(({ level, message }) => level === 'warn' && message === 'keys could not be fetched'))
  })
}

t.test('after an outage the new keys are taken', async (t) => {
  const issuer = new FakeIssuer(key)
  const { status, clock } = await jwksBench(t, issuer, { requiredClaims: [] })
  await settled()
  issuer.isAway = true
  clock.advance(3_600_000)
  await settled()
  Object.assign(issuer, { isAway: false, keys: [other.jwk] })
  clock.advance(60_000)
  await settled()
  t.equal(await status(other.sign({ exp: undefined })), 200)
  t.equal(await status(key.sign({ exp: undefined })), 401)
})

t.test('a message about an outage shows neither the query of the address nor what was answered', async (t) => {
  const issuer = new FakeIssuer(key)
  issuer.body = 'a secret page'
  const { logged } = await jwksBench(t, issuer, { jwks: `${SET_URL}?token=hidden` })
  await settled()
  const text = JSON.stringify(logged)
  t.match(text, SET_URL)
  t.notMatch(text, /hidden|secret page/)
})
