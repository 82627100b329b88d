import t from 'tap'
import { FakeIssuer, SET_URL, jwksBench, settled, signingKey } from '../support/jwks.ts'

const key = signingKey('a')
const stranger = signingKey('x')
const forged = (index: number) => stranger.sign({}, { kid: `made up ${index}` })

async function ready(t: Parameters<typeof jwksBench>[0], config: object = {}) {
  const issuer = new FakeIssuer(key)
  const bench = await jwksBench(t, issuer, config)
  await settled()
  issuer.asked.length = 0
  return { issuer, ...bench }
}

t.test('a flood of unknown key ids causes one fetch in thirty seconds', async (t) => {
  const { issuer, status, clock, count } = await ready(t)
  for (let second = 0; second < 60; second++) {
    const statuses = await Promise.all(Array.from({ length: 20 }, (_, index) => status(forged(second * 100 + index))))
    t.same(new Set(statuses), new Set([401]))
    clock.advance(1000)
  }
  t.same(issuer.asked, [SET_URL, SET_URL])
  t.equal(count('key'), 1200)
  t.equal(await status(key.sign()), 200, 'the real key goes on')
})

t.test('unknown key ids that come together share the fetch', async (t) => {
  const { issuer, status } = await ready(t)
  issuer.hold()
  const answers = Array.from({ length: 100 }, (_, index) => status(forged(index)))
  await settled()
  t.equal(issuer.asked.length, 1)
  t.equal(await status(key.sign()), 200, 'a known key waits for nobody')
  issuer.release()
  t.same(new Set(await Promise.all(answers)), new Set([401]))
  t.equal(issuer.asked.length, 1)
})

t.test('a request with an unknown key id waits no longer than the limit', async (t) => {
  const { issuer, status, clock } = await ready(t, { jwks: { url: SET_URL, wait: '1s' } })
  issuer.hold()
  const answer = status(forged(0))
  await settled()
  clock.advance(1000)
  t.equal(await answer, 401)
})

t.test('the thirty seconds hold while the issuer is away, too', async (t) => {
  const { issuer, status, clock } = await ready(t)
  issuer.isAway = true
  for (let index = 0; index < 50; index++) t.equal(await status(forged(index)), 401)
  t.equal(issuer.asked.length, 1)
  clock.advance(29_999)
  await settled()
  const retries = issuer.asked.length
  t.equal(await status(forged(99)), 401)
  t.equal(issuer.asked.length, retries)
})

t.test('a token of another issuer, or of an algorithm that is not accepted, causes no fetch', async (t) => {
  const { issuer, status } = await ready(t, { issuer: 'https://id.example', algorithms: ['ES256'] })
  t.equal(await status(stranger.sign({ iss: 'https://evil.example' }, { kid: 'unknown' })), 401)
  t.equal(await status(signingKey('y', 'EdDSA').sign({}, { kid: 'unknown' })), 401)
  t.same(issuer.asked, [])
})
