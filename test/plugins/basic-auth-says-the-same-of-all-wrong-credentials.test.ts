import type { InjectOptions } from 'fastify'
import t from 'tap'
import basicAuth from '../../plugins/basic-auth/index.ts'
import { basic, cheapHash } from '../support/basic-auth.ts'
import { benchAuth, failures, freshSecret, withAuthentication } from '../support/bench-auth.ts'

t.test('unknown users, wrong passwords and unreadable credentials are refused in the same words', async (t) => {
  const password = freshSecret()
  const consumers = [{ name: 'shop', basic: [{ username: 'shop', password: await cheapHash(password) }] }]
  const told: string[] = []
  const spied = withAuthentication(basicAuth, {
    refuse(_request, reason, error) {
      told.push(reason)
      return error
    }
  })
  const bench = await benchAuth(t, spied, { realm: 'the shop' }, { consumers })
  const right = basic('shop', password).headers.authorization
  const wrong: InjectOptions[] = [
    basic('shop', freshSecret()),
    basic('nobody', password),
    { headers: { authorization: `${right}=` } },
    { headers: { authorization: [right, right] as unknown as string } }
  ]
  for (const request of wrong) {
    const answer = await bench.inject(request)
    t.equal(answer.statusCode, 401)
    t.match(answer.json(), { code: 'SP_UNAUTHENTICATED', detail: 'The user name or the password is not valid.' })
    t.equal(answer.headers['www-authenticate'], 'Basic realm="the shop", charset="UTF-8"')
  }
  const nothing = await bench.inject({ headers: { authorization: 'Bearer abc' } })
  t.match(nothing.json(), { code: 'SP_UNAUTHENTICATED', detail: 'A user name and a password are required.' })
  t.equal(nothing.headers['www-authenticate'], 'Basic realm="the shop", charset="UTF-8"')
  t.strictSame(told, ['invalid', 'invalid', 'invalid', 'invalid', 'missing'])
  const counted = ['wrong', 'malformed', 'repeated', 'missing', 'overloaded'].map((reason) => failures(bench, 'basic-auth', reason))
  t.strictSame(counted, [2, 1, 1, 1, 0])
})
