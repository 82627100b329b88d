import t from 'tap'
import { benchAuthorize, member } from '../support/authorize-auth.ts'

const rule = { scopes: ['secret-scope'], roles: ['secret-role'], groups: ['secret-group'], claims: { 'secret-claim': 'x' }, consumers: ['shop'] }
const full = { scope: 'secret-scope', roles: ['secret-role'], 'secret-claim': 'x' }

t.test('whoever lacks something is told so, but not what', async (t) => {
  const { send, counters } = await benchAuthorize(t, rule, { route: { name: 'orders' } })
  const consumer = member('secret-group')
  const refused = [
    { caller: { consumer: { name: 'other', groups: ['secret-group'] }, claims: full }, reason: 'consumers' },
    { caller: { consumer: member(), claims: full }, reason: 'groups' },
    { caller: { consumer, claims: { ...full, scope: '' } }, reason: 'scopes' },
    { caller: { consumer, claims: { ...full, roles: [] } }, reason: 'roles' },
    { caller: { consumer, claims: { ...full, 'secret-claim': 'y' } }, reason: 'claims' }
  ]
  for (const { caller, reason } of refused) {
    const answer = await send(caller)
    t.equal(answer.statusCode, 403)
    t.match(answer.json(), { code: 'SP_FORBIDDEN', detail: 'The caller may not do this.' })
    t.notMatch(answer.body, 'secret')
    t.equal(counters.get(`authorize_refused_total{route="orders",reason="${reason}"}`), 1, reason)
    const challenge = answer.headers['www-authenticate']
    t.equal(challenge, reason === 'scopes' ? 'Bearer realm="sallyport", error="insufficient_scope"' : undefined)
  }
  t.equal((await send({ consumer, claims: full })).statusCode, 200)
})

t.test('insufficient scope is said of tokens only, and also where another kind would have been enough', async (t) => {
  const { send } = await benchAuthorize(t, { consumers: ['erp'], scopes: ['s'], match: 'any' })
  t.match((await send({ claims: {} })).headers['www-authenticate'], 'insufficient_scope')
  const answer = await send({ consumer: member() })
  t.equal(answer.statusCode, 403)
  t.notOk('www-authenticate' in answer.headers)
})

t.test('who is not known at all is asked to say who', async (t) => {
  for (const config of [rule, {}, { opa: { url: 'http://127.0.0.1:8181/v1/data/allow', failOpen: true } }]) {
    const { send, counters } = await benchAuthorize(t, config)
    const answer = await send({})
    t.equal(answer.statusCode, 401)
    t.equal(answer.json().code, 'SP_UNAUTHENTICATED')
    t.equal(answer.headers['www-authenticate'], 'Bearer realm="sallyport"')
    t.equal(counters.get('authorize_refused_total{route="test",reason="unauthenticated"}'), 1)
  }
})
