import t from 'tap'
import { DecisionCache } from '../../plugins/authorize/decision-cache.ts'
import { benchAuthorize, member } from '../support/authorize-auth.ts'

const url = 'http://127.0.0.1:8181/v1/data/shop/allow'

/** An OPA that lets `allowed` in and has trouble when it is away. */
function createOpa() {
  let asked = 0
  let away = false
  return {
    asked: () => asked,
    leave: () => {
      away = true
    },
    http: async ({ body }: { readonly body?: string | Buffer }) => {
      asked++
      if (away) throw new Error('connection refused')
      const { input } = JSON.parse(String(body))
      return { status: 200, headers: {}, setCookies: [], body: Buffer.from(JSON.stringify({ result: input.consumer.groups[0] === 'allowed' })) }
    }
  }
}

t.test('a decision counts for equal questions until its time is over', async (t) => {
  const opa = createOpa()
  const { status, clock, counters } = await benchAuthorize(t, { opa: { url, cache: '10s' } }, { http: opa.http })
  const [allowed, denied] = [{ consumer: member('allowed') }, { consumer: member('denied') }]
  for (let i = 0; i < 3; i++) t.strictSame([await status(allowed), await status(denied)], [200, 403])
  t.equal(opa.asked(), 2, 'either decision is remembered')
  t.equal(counters.get('authorize_opa_total{route="test",outcome="cached"}'), 4)
  await status({ ...allowed, method: 'POST' })
  await status({ ...allowed, claims: { sub: 'a' } })
  t.equal(opa.asked(), 4, 'another question is another decision')
  clock.advance(9_999)
  await status(allowed)
  t.equal(opa.asked(), 4)
  clock.advance(1)
  await status(allowed)
  t.equal(opa.asked(), 5)
})

t.test('nothing is remembered by default, and trouble never', async (t) => {
  const opa = createOpa()
  const byDefault = await benchAuthorize(t, { opa: { url } }, { http: opa.http })
  const caller = { consumer: member('allowed') }
  for (let i = 0; i < 2; i++) t.equal(await byDefault.status(caller), 200)
  t.equal(opa.asked(), 2)
  opa.leave()
  const cached = await benchAuthorize(t, { opa: { url, cache: '10s' } }, { http: opa.http })
  for (let i = 0; i < 2; i++) t.equal(await cached.status(caller), 403)
  t.equal(opa.asked(), 4)
})

t.test('no more than ten thousand decisions are remembered, the latest ones', async (t) => {
  const cache = new DecisionCache(1000)
  for (let i = 0; i < 10_001; i++) cache.set(String(i), true, 0)
  t.equal(cache.size, 10_000)
  t.equal(cache.get('0', 0), undefined)
  t.equal(cache.get('1', 0), true)
  cache.set('2', false, 0)
  t.equal(cache.get('1', 0), true, 'one that is decided anew needs no other place')
  cache.set('new', true, 0)
  cache.set('newer', true, 0)
  t.strictSame([cache.get('1', 0), cache.get('2', 0), cache.get('3', 0)], [undefined, false, undefined], 'and is a late one')
  const off = new DecisionCache(0)
  off.set('1', true, 0)
  t.equal(off.size, 0)
})
