import type { FastifyRequest } from 'fastify'
import t from 'tap'
import jwt from '../../plugins/jwt/index.ts'
import { gatewayError, type Authentication } from '../../src/plugin-api/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { SECRET, bearer, sign } from './tokens.ts'

const forged = { 'x-user': 'root' }

/** One is enough; an earlier plugin has let in who sends `x-known`. */
async function bench(t: { teardown(run: () => Promise<void>): void }, config: object = {}) {
  const calls: string[] = []
  const authentication: Authentication = {
    isDecided: ({ headers }) => 'x-known' in headers,
    accept({ gateway }, consumer, claims = null) {
      calls.push('accept')
      gateway.consumer = consumer
      gateway.claims = claims
    },
    refuse(_request, reason, error) {
      calls.push(`${reason} ${error.code}`)
      return null
    }
  }
  const made = await testPlugin(
    { ...jwt, register: (app, settings, deps) => jwt.register(app, settings as never, { ...deps, authentication }) },
    { secret: SECRET, claimsToHeaders: { 'x-user': 'sub' }, ...config }
  )
  t.teardown(made.close)
  return { ...made, calls }
}

t.test('a request that another plugin has let in is not judged, but loses the fields that only the gateway may set', async (t) => {
  const { inject, calls, counters } = await bench(t)
  const { headers, gateway } = (await inject({ headers: { 'x-known': '1', ...forged, authorization: 'Bearer bad' } })).json()
  t.notOk('x-user' in headers)
  t.equal(gateway.consumer, null)
  t.same(calls, [])
  t.equal(counters.get('auth_failures_total{plugin="jwt",reason="malformed"}'), 0)
})

t.test('what is missing and what is wrong are told apart, and the next plugin may try', async (t) => {
  const { inject, calls } = await bench(t)
  for (const headers of [{}, { authorization: 'Basic YTpi' }, { authorization: 'Bearer bad' }, { authorization: 'Bearer' }]) {
    const answer = await inject({ headers: { ...forged, ...headers } })
    t.equal(answer.statusCode, 200)
    t.notOk('x-user' in answer.json().headers, 'a refused token sets nothing, and the client neither')
  }
  t.same(calls, ['missing SP_UNAUTHENTICATED', 'missing SP_UNAUTHENTICATED', 'invalid SP_UNAUTHENTICATED', 'invalid SP_UNAUTHENTICATED'])
})

t.test('a good token is handed over with its consumer and claims', async (t) => {
  const { inject, calls } = await bench(t)
  const { gateway, headers } = (await inject(bearer(sign()))).json()
  t.same(calls, ['accept'])
  t.equal(gateway.consumer.name, 'alice')
  t.equal(gateway.claims.sub, 'alice')
  t.equal(headers['x-user'], 'alice')
})

t.test('a second instance does not remove the field that the first has set', async (t) => {
  const state = new Map<string, unknown>()
  const made = await testPlugin(
    {
      ...jwt,
      async register(app, config, deps) {
        const decided = new WeakSet<FastifyRequest>()
        const authentication: Authentication = {
          isDecided: (request) => decided.has(request),
          accept: (request) => decided.add(request),
          refuse: () => gatewayError('SP_UNAUTHENTICATED')
        }
        await jwt.register(app, config as never, { ...deps, authentication })
        await jwt.register(app, config as never, { ...deps, authentication })
      }
    },
    { secret: SECRET, claimsToHeaders: { 'x-user': 'sub' } },
    { state }
  )
  t.teardown(made.close)
  t.equal((await made.inject({ headers: { ...forged, ...bearer(sign()).headers } })).json().headers['x-user'], 'alice')
})
