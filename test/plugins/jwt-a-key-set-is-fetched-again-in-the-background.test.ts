import t from 'tap'
import { FakeIssuer, SET_URL, jwksBench, settled, signingKey } from '../support/jwks.ts'

const key = signingKey('a')

/** Seconds after which the set was fetched for the second time; the fake random numbers take at most a tenth off. */
async function secondFetch(t: Parameters<typeof jwksBench>[0], refresh: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const issuer = new FakeIssuer(key)
  issuer.headers = headers
  const { clock } = await jwksBench(t, issuer, { jwks: { url: SET_URL, refresh } })
  await settled()
  for (let second = 1; second <= 100_000; second++) {
    clock.advance(1000)
    if (issuer.asked.length > 1) return second
  }
  return Infinity
}

const cases: readonly {
  readonly name: string
  readonly refresh: string
  readonly headers: Readonly<Record<string, string>>
  readonly seconds: number
}[] = [
  { name: 'without a word of the answer, after `refresh`', refresh: '10m', headers: {}, seconds: 600 },
  { name: 'when its max-age is over', refresh: '10m', headers: { 'cache-control': 'public, max-age=300' }, seconds: 300 },
  { name: 'when its max-age less its age is over', refresh: '10m', headers: { 'cache-control': 'max-age=300', age: '100' }, seconds: 200 },
  { name: 'not sooner than a minute, whatever its max-age', refresh: '10m', headers: { 'cache-control': 'max-age=0' }, seconds: 60 },
  { name: 'not later than `refresh`, whatever its max-age', refresh: '10m', headers: { 'cache-control': 'max-age=999999999' }, seconds: 600 },
  { name: 'a shorter `refresh` counts', refresh: '20s', headers: { 'cache-control': 'max-age=300' }, seconds: 20 },
  { name: 's-maxage is for shared caches and not for us', refresh: '10m', headers: { 'cache-control': 's-maxage=120' }, seconds: 600 },
  { name: 'no-cache is no time', refresh: '10m', headers: { 'cache-control': 'no-cache, no-store' }, seconds: 600 }
]

for (const { name, refresh, headers, seconds } of cases) {
  t.test(`the set is fetched again: ${name}`, async (t) => {
    const found = await secondFetch(t, refresh, headers)
    t.ok(found > seconds * 0.9 - 1 && found <= seconds, `${found} of ${seconds} s`)
  })
}

t.test('the times between fetches differ, so that gateways do not ask together', async (t) => {
  const issuer = new FakeIssuer(key)
  const { clock } = await jwksBench(t, issuer)
  const times: number[] = []
  for (let second = 0; second < 3600; second++) {
    const before = issuer.asked.length
    clock.advance(1000)
    await settled()
    if (issuer.asked.length > before) times.push(second)
  }
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  t.ok(gaps.length >= 5)
  t.ok(new Set(gaps).size > 1, gaps.join())
})
