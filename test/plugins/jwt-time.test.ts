import t from 'tap'
import jwt from '../../plugins/jwt/index.ts'
import { FakeClock, testPlugin } from '../../src/plugin-api/testing.ts'
import { SECRET, START, bearer, sign, signAnything } from './tokens.ts'

const MINUTE = 60_000

async function bench(t: { teardown(run: () => Promise<void>): void }, config: object = {}, state?: Map<string, unknown>) {
  const made = await testPlugin(jwt, { secret: SECRET, ...config }, state === undefined ? {} : { state })
  t.teardown(made.close)
  return { ...made, status: async (token: string) => (await made.inject(bearer(token))).statusCode }
}

t.test('a token is good until exp plus the leeway, by the injected clock', async (t) => {
  const { clock, status } = await bench(t, { leeway: '10s' })
  const token = sign({ exp: START + 60 })
  clock.advance(START * 1000 + 70_000 - clock.wall() - 1)
  t.equal(await status(token), 200)
  clock.advance(1)
  t.equal(await status(token), 401)
})

t.test('a token that was good and remembered is refused once it has expired', async (t) => {
  const { clock, status, counters } = await bench(t)
  const token = sign({ exp: START + 60 })
  t.equal(await status(token), 200)
  t.equal(await status(token), 200)
  clock.advance(2 * MINUTE)
  t.equal(await status(token), 401)
  t.equal(await status(token), 401)
  t.equal(counters.get('auth_failures_total{plugin="jwt",reason="expired"}'), 2)
})

t.test('a token is refused before nbf less the leeway', async (t) => {
  const { clock, status, counters } = await bench(t)
  const token = sign({ nbf: START + 100 })
  t.equal(await status(token), 401)
  t.equal(counters.get('auth_failures_total{plugin="jwt",reason="not_active"}'), 1)
  clock.advance(71_000)
  t.equal(await status(token), 200)
})

t.test('an exp that is no number is refused', async (t) => {
  const { status } = await bench(t)
  t.equal(await status(signAnything({ exp: START + 600 })), 200)
  for (const exp of ['9999999999', null, [START + 600], {}]) t.equal(await status(signAnything({ exp })), 401)
  t.equal(await status(signAnything({ exp: START + 600, nbf: 'now' })), 401)
})

t.test('remembered tokens outlive a reload, but not a change of the key', async (t) => {
  const state = new Map<string, unknown>()
  const token = sign()
  t.equal(await (await bench(t, {}, state)).status(token), 200)
  t.equal(await (await bench(t, {}, state)).status(token), 200)
  t.equal(state.size, 1)
  t.equal(await (await bench(t, { secret: `${SECRET}, changed` }, state)).status(token), 401)
  t.equal(await (await bench(t, { issuer: 'somebody' }, state)).status(token), 401)
  t.notMatch([...state.keys()].join(), SECRET, 'the key of the state does not tell the secret')
})

t.test('without a cache every check is a verification with the same result', async (t) => {
  const { clock, status } = await bench(t, { cacheSize: 0 })
  const token = sign({ exp: START + 60 })
  t.equal(await status(token), 200)
  clock.advance(2 * MINUTE)
  t.equal(await status(token), 401)
  t.not(clock.now(), new FakeClock().now())
})
