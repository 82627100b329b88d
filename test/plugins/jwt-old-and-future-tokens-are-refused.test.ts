import t from 'tap'
import { compact, jwtBench } from '../support/jwks.ts'
import { SECRET, START } from './tokens.ts'

// Not with the library's signer, which writes `iat` itself or leaves it out.
const sign = (claims: object) => compact({ alg: 'HS256' }, { sub: 'alice', exp: START + 7200, ...claims }, SECRET)

const status = async (t: Parameters<typeof jwtBench>[0], config: object, claims: object) =>
  (await jwtBench(t, { secret: SECRET, ...config })).status(sign(claims))

t.test('a token that was issued in the future, beyond the leeway, is refused', async (t) => {
  t.equal(await status(t, { leeway: '10s' }, { iat: START + 10 }), 200)
  t.equal(await status(t, { leeway: '10s' }, { iat: START + 12 }), 401)
})

t.test('a token is good for maxAge plus the leeway after it was issued, remembered or not', async (t) => {
  const { status, clock, count } = await jwtBench(t, { secret: SECRET, maxAge: '1m', leeway: '5s' })
  const token = sign({ iat: START })
  t.equal(await status(token), 200)
  clock.advance(START * 1000 + 65_000 - clock.wall())
  t.equal(await status(token), 200)
  clock.advance(1)
  t.equal(await status(token), 401)
  t.equal(await status(token), 401)
  t.equal(count('too_old'), 2)
})

t.test('with maxAge a token must say when it was issued', async (t) => {
  const { status: strict, count } = await jwtBench(t, { secret: SECRET, maxAge: '1m' })
  t.equal(await strict(sign({})), 401)
  t.equal(count('claims'), 1)
  t.equal(await status(t, {}, {}), 200)
})

t.test('a token that a route without maxAge remembers is too old for one with it', async (t) => {
  const state = new Map<string, unknown>()
  const token = sign({ iat: START - 3600 })
  const required = { secret: SECRET, requiredClaims: ['exp', 'iat'] }
  const lax = await jwtBench(t, required, { state })
  const strict = await jwtBench(t, { ...required, maxAge: '1m' }, { state })
  t.equal(await lax.status(token), 200)
  t.equal(await strict.status(token), 401)
  t.equal([...state.keys()].filter((key) => key.startsWith('tokens')).length, 1, 'they share what they remember')
})

t.test('a date that is no finite number is refused', async (t) => {
  const { status } = await jwtBench(t, { secret: SECRET, requiredClaims: [] })
  const raw = (claims: string) => compact('{"alg":"HS256"}', claims, SECRET, 'HS256')
  for (const name of ['exp', 'nbf', 'iat'])
    for (const value of ['1e400', '-1e400', '1e306', '"1"', 'null', 'true', '[1]', '{}'])
      t.equal(await status(raw(`{"${name}":${value}}`)), 401, `${name} ${value}`)
  t.equal(await status(raw(`{"exp":${START + 0.5},"iat":${START - 0.5}}`)), 200, 'fractions are dates')
  t.equal(await status(raw('{"exp":-1}')), 401)
})
