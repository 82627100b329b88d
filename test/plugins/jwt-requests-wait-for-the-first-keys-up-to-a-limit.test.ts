import t from 'tap'
import { FakeIssuer, SET_URL, jwksBench, settled, signingKey } from '../support/jwks.ts'

const key = signingKey('a')

t.test('the keys are fetched when the plugin is registered, and registering does not wait for them', async (t) => {
  const issuer = new FakeIssuer(key)
  issuer.hold()
  await jwksBench(t, issuer)
  t.same(issuer.asked, [SET_URL])
})

t.test('a request waits up to the limit and is then told to come again, not that its token is wrong', async (t) => {
  const issuer = new FakeIssuer(key)
  issuer.hold()
  const { inject, clock, count } = await jwksBench(t, issuer, { jwks: { url: SET_URL, wait: '2s' } })
  const answer = inject({ headers: { authorization: `Bearer ${key.sign()}` } })
  await settled()
  let isAnswered = false
  void answer.then(() => (isAnswered = true))
  clock.advance(1999)
  await settled()
  t.notOk(isAnswered)
  clock.advance(1)
  const { statusCode, headers } = await answer
  t.equal(statusCode, 503)
  t.equal(headers['retry-after'], '5')
  t.notOk('www-authenticate' in headers)
  t.equal(count('unavailable'), 1)
})

t.test('once the limit has passed without keys nobody waits', async (t) => {
  const issuer = new FakeIssuer(key)
  issuer.hold()
  const { status, clock } = await jwksBench(t, issuer)
  await settled()
  clock.advance(3000)
  t.equal(await status(key.sign()), 503, 'answered although the clock stands still')
})

t.test('a request waits through failed attempts', async (t) => {
  const issuer = new FakeIssuer(key)
  issuer.isAway = true
  const { status, clock } = await jwksBench(t, issuer)
  const answer = status(key.sign())
  await settled()
  issuer.isAway = false
  clock.advance(1000)
  t.equal(await answer, 200)
  t.equal(issuer.asked.length, 2)
})

t.test('an issuer that is away is asked again, ever less often, and at least every ten seconds', async (t) => {
  const issuer = new FakeIssuer(key)
  issuer.isAway = true
  const { status, clock } = await jwksBench(t, issuer)
  const times: number[] = []
  for (let second = 0; second < 60; second++) {
    const before = issuer.asked.length
    clock.advance(1000)
    await settled()
    if (issuer.asked.length > before) times.push(second)
  }
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  t.ok(Math.max(...gaps) <= 10, gaps.join())
  t.ok(times.length >= 7 && times.length <= 10, times.join())
  issuer.isAway = false
  clock.advance(10_000)
  await settled()
  t.equal(await status(key.sign()), 200)
})
