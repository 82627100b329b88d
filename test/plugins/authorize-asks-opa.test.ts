import t from 'tap'
import type { OutboundRequest } from '../../src/plugin-api/index.ts'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { benchAuthorize, member, type Caller } from '../support/authorize-auth.ts'

const url = 'http://127.0.0.1:8181/v1/data/shop/allow'
const answered = (body: unknown, status = 200) => ({
  status,
  headers: {},
  setCookies: [],
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
})
const outcome = (name: string): string => `authorize_opa_total{route="test",outcome="${name}"}`

t.test('OPA is told what is known of the request', async (t) => {
  const asked: OutboundRequest[] = []
  const { inject, send } = await benchAuthorize(
    t,
    { groups: ['staff'], opa: { url, timeout: '250ms', headers: ['X-Tenant', 'x-absent'] } },
    {
      route: { name: 'orders' },
      http: async (request) => {
        asked.push(request)
        return answered({ result: true })
      }
    }
  )
  t.equal((await send({ method: 'POST', consumer: member('staff'), claims: { sub: 'a' } }, '/a/b?c=d')).statusCode, 200)
  await inject({ url: '/', headers: { 'x-tenant': 't1', cookie: 'session=secret', host: 'Shop.example:80' } })
  const [first, second] = asked.map(({ body }) => JSON.parse(String(body)))
  t.strictSame(first, {
    input: {
      method: 'POST',
      path: '/a/b',
      host: 'localhost',
      headers: {},
      consumer: { name: 'shop', groups: ['staff'] },
      claims: { sub: 'a' },
      route: 'orders'
    }
  })
  t.strictSame(second.input.headers, { 'x-tenant': 't1' }, 'only fields of the list')
  t.equal(second.input.host, 'shop.example')
  t.match(asked[0], { url, method: 'POST', timeoutMs: 250, maxBytes: 65_536, headers: { 'content-type': 'application/json' } })
  t.equal((await send({ consumer: member('others') })).statusCode, 403)
  t.equal(asked.length, 2, 'not asked about whom the rule keeps out')
})

t.test('only a clear yes lets in; trouble does where it may', async (t) => {
  const cases: readonly (readonly [answer: ReturnType<typeof answered> | Error | 'late', outcome: string])[] = [
    [answered({ result: true }), 'allowed'],
    [answered({ result: { allow: true, why: 'x' } }), 'allowed'],
    [answered({ result: false }), 'denied'],
    [answered({ result: { allow: false } }), 'denied'],
    [answered({ result: { allow: 'true' } }), 'denied'],
    [answered({ result: {} }), 'denied'],
    [answered({ result: 'true' }), 'denied'],
    [answered({ result: 1 }), 'denied'],
    [answered({ result: [true] }), 'denied'],
    [answered({ result: null }), 'denied'],
    [answered({}), 'undefined'],
    [answered({ allow: true }), 'undefined'],
    [answered({ result: true }, 500), 'status'],
    [answered({ result: true }, 302), 'status'],
    [answered('true'), 'malformed'],
    [answered('null'), 'malformed'],
    [answered('[{"result":true}]'), 'malformed'],
    [answered('{"result":true'), 'malformed'],
    [new Error('connection refused'), 'failed'],
    ['late', 'timeout']
  ]
  for (const failOpen of [false, true]) {
    for (const [answer, expected] of cases) {
      const clock = new FakeClock()
      const http = async () => {
        if (answer === 'late') clock.advance(1000)
        if (answer === 'late' || answer instanceof Error) throw answer === 'late' ? new Error('no answer within 1000 ms') : answer
        return answer
      }
      const { send, counters } = await benchAuthorize(t, { opa: { url, failOpen } }, { clock, http })
      const { statusCode, body, headers } = await send({ consumer: member() })
      const isTrouble = ['status', 'malformed', 'failed', 'timeout'].includes(expected)
      const label = `${expected}, failOpen ${failOpen}`
      t.equal(statusCode, expected === 'allowed' || (failOpen && isTrouble) ? 200 : 403, label)
      t.equal(counters.get(outcome(expected)), 1, label)
      if (statusCode === 200) continue
      t.match(JSON.parse(body), { code: 'SP_FORBIDDEN', detail: 'The caller may not do this.' })
      t.notOk('www-authenticate' in headers)
      t.equal(counters.get('authorize_refused_total{route="test",reason="opa"}'), 1)
    }
  }
})

t.test('trouble is logged when it begins and when it ends', async (t) => {
  let away = false
  const http = async () => {
    if (away) throw new Error('http://127.0.0.1:8181: connection refused')
    return answered({ result: true })
  }
  const { status, logged } = await benchAuthorize(t, { opa: { url } }, { http })
  const caller: Caller = { consumer: member() }
  for (const next of [false, true, true, true, false, false]) {
    away = next
    t.equal(await status(caller), next ? 403 : 200)
  }
  t.strictSame(
    logged.map(({ level, message, facts }) => [level, message, facts]),
    [
      ['warn', 'opa gives no decision', { trouble: 'http://127.0.0.1:8181: connection refused', failOpen: false }],
      ['info', 'opa decides again', {}]
    ]
  )
})
