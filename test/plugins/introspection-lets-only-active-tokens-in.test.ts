import t from 'tap'
import introspection from '../../plugins/introspection/index.ts'
import { FakeClock, testPlugin } from '../../src/plugin-api/testing.ts'
import type { Teardown } from '../support/gateway.ts'
import { serviceThat } from '../support/outbound.ts'

const base = { url: 'https://id.example/introspect', bearer: 'gateway-token' }
const token = { headers: { authorization: 'Bearer top-secret' } }
const NOW = Math.floor(new FakeClock().wall() / 1000)

async function answerTo(t: Tap, body: object | string, config: object = {}) {
  const bench = await testPlugin(introspection, { ...base, ...config }, { http: serviceThat(() => ({ body })).request })
  t.teardown(bench.close)
  const answer = await bench.inject(token)
  const reasons = [...bench.counters].filter(([, count]) => count > 0).map(([name]) => /reason="(\w+)"/.exec(name)?.[1])
  t.notMatch(answer.statusCode === 200 ? '' : answer.body, 'top-secret')
  t.notMatch(JSON.stringify(bench.logged), 'top-secret')
  return { status: answer.statusCode, reasons, answer }
}

interface Tap extends Teardown {
  notMatch(found: unknown, pattern: string): boolean
}

t.test('an active token lets in, and its claims are there', async (t) => {
  const { answer, reasons } = await answerTo(t, { active: true, sub: 'u1', scope: 'read write', nested: { a: [1] } })
  t.equal(answer.statusCode, 200)
  t.same(answer.json().gateway.claims, { active: true, sub: 'u1', scope: 'read write', nested: { a: [1] } })
  t.same(reasons, [])
})

t.test('an inactive token gets 401, whatever else is said of it', async (t) => {
  const { answer, reasons } = await answerTo(t, { active: false, sub: 'u1', exp: NOW + 60 })
  t.equal(answer.statusCode, 401)
  t.equal(answer.headers['www-authenticate'], 'Bearer realm="sallyport", error="invalid_token"')
  t.same(reasons, ['inactive'])
})

t.test('`exp` and `nbf` are held against the clock', async (t) => {
  const cases: [claims: object, reason: string | null][] = [
    [{ exp: NOW + 1 }, null],
    [{ exp: NOW - 29 }, null],
    [{ exp: NOW - 30 }, 'expired'],
    [{ nbf: NOW + 30 }, null],
    [{ nbf: NOW + 31 }, 'not_active'],
    [{ exp: String(NOW + 60) }, 'claims'],
    [{ exp: null }, 'claims'],
    [{ nbf: '0' }, 'claims']
  ]
  for (const [claims, reason] of cases) {
    const { status, reasons } = await answerTo(t, { active: true, ...claims })
    t.equal(status, reason === null ? 200 : 401, JSON.stringify(claims))
    t.same(reasons, reason === null ? [] : [reason])
  }
})

t.test('issuer and audience must be among the accepted ones', async (t) => {
  const config = { issuer: 'https://id.example', audience: ['shop', 'orders'] }
  const good = { active: true, iss: 'https://id.example', aud: 'orders' }
  const cases: [claims: object, reason: string | null][] = [
    [good, null],
    [{ ...good, aud: ['x', 'shop'] }, null],
    [{ ...good, iss: 'https://id.example/' }, 'issuer'],
    [{ ...good, iss: ['https://id.example'] }, 'issuer'],
    [{ active: true, aud: 'shop' }, 'issuer'],
    [{ ...good, aud: ['x'] }, 'audience'],
    [{ ...good, aud: [] }, 'audience'],
    [{ active: true, iss: 'https://id.example' }, 'audience']
  ]
  for (const [claims, reason] of cases) {
    const { status, reasons } = await answerTo(t, claims, config)
    t.equal(status, reason === null ? 200 : 401, JSON.stringify(claims))
    t.same(reasons, reason === null ? [] : [reason])
  }
})

t.test('bad tokens get the same words', async (t) => {
  const bodies = [{ active: false }, { active: true, exp: 1 }, { active: true, nbf: NOW + 1000 }, { active: true, iss: 'x' }]
  const answers = new Set<string>()
  for (const body of bodies) {
    const { answer } = await answerTo(t, body, { issuer: 'y' })
    answers.add(JSON.stringify([answer.statusCode, answer.headers['www-authenticate'], answer.json().detail]))
  }
  t.equal(answers.size, 1)
})
