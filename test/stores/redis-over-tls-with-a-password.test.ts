import { inspect } from 'node:util'
import { test, type Test } from 'tap'
import type { TlsPlan } from '../../src/config/plan.ts'
import { selfSigned } from '../support/certificates.ts'
import { eventually } from '../support/client.ts'
import { freePorts, redisHasTls, redisMissing, startRedis } from '../support/redis.ts'
import { connectedTo, connectTo, redisPlan, ruleOf } from '../support/redis-limits.ts'

const PASSWORD = 'correct-horse'
const WRONG = 'wrong-battery'
const question = { rule: ruleOf('gcra'), key: 'secret-caller', cost: 1 }

function skip(): string | false {
  return redisMissing() || redisHasTls() ? redisMissing() : 'this redis-server was built without TLS'
}

void test('Redis is asked over TLS, as a user with a password', { skip: skip() }, async (t: Test) => {
  const { cert, key, certFile } = selfSigned(t)
  const keyFile = certFile.replace('cert.pem', 'key.pem')
  const [tlsPort] = (await freePorts(1)) as [number]
  const files = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', certFile]
  const user = ['--user', 'gateway', 'on', `>${PASSWORD}`, '~sallyport:*', '+@all', '--user', 'default', 'on', `>${PASSWORD}`, '~*', '+@all']
  await startRedis(t, ['--tls-port', String(tlsPort), ...files, ...user], { password: PASSWORD })
  const tls: TlsPlan = { caPem: cert, certPem: cert, keyPem: key, serverName: null, insecureSkipVerify: false }
  const plan = redisPlan(tlsPort, { tls, username: 'gateway', password: PASSWORD })

  await t.test('with the right ones', async (t) => {
    const redis = await connectedTo(t, plan)
    t.match(await redis.limits.consume([question]), [{ allowed: true, remaining: 9 }])
  })

  for (const [what, wrong, reason] of [
    ['a wrong password', { ...plan, password: WRONG }, 'WRONGPASS'],
    ['an authority that is not trusted', { ...plan, tls: { ...tls, caPem: null } }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['no client certificate', { ...plan, tls: { ...tls, certPem: null, keyPem: null } }, /./],
    ['keys that the user may not touch', { ...plan, keyPrefix: 'other:' }, null]
  ] as const) {
    await t.test(what, async (t) => {
      const redis = connectTo(t, wrong)
      if (reason === null) await eventually(() => redis.client.status === 'ready')
      else await eventually(() => redis.changes.length > 0)
      const error = await redis.limits.consume([question]).then(
        () => null,
        (error: unknown) => error
      )
      t.match(error, { name: 'StoreUnavailable' })
      if (reason === null) t.match(error, { reason: 'failed', message: 'Redis answered NOPERM' })
      else t.match(redis.changes[0], { isUp: false, reason })
      const told = inspect([error, redis.changes], { depth: 9, showHidden: true })
      for (const secret of [PASSWORD, WRONG, question.key]) t.notMatch(told, secret)
    })
  }
})
