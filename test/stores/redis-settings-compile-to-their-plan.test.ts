import { test } from 'tap'
import { compileText } from '../../src/config/compile-text.ts'
import { builtinPlugins } from '../../plugins/index.ts'

const BASE = 'version: 1\nupstreams: { a: { endpoints: ["http://a:1"] } }\n'
const PEM = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----'

function compile(redis: string, env: Record<string, string> = {}) {
  return compileText({ file: 'gateway.yaml', text: `${BASE}${redis}`, env, readFile: () => PEM, builtins: builtinPlugins })
}

void test('the settings of Redis compile to their plan', async (t) => {
  const planOf = (redis: string, env: Record<string, string> = {}) => {
    const compiled = compile(redis, env)
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.issues))
    return compiled.plan
  }
  t.match(planOf(''), { redis: null })
  const url = planOf('redis: { url: "${REDIS_URL}" }', { REDIS_URL: 'redis://al%40ice:p%3Aw@cache.internal:6390/3' })
  t.match(url, {
    redis: {
      target: { kind: 'server', address: { host: 'cache.internal', port: 6390 } },
      username: 'al@ice',
      password: 'p:w',
      tls: null,
      timeoutMs: 100,
      keyPrefix: 'sallyport:',
      database: 3
    },
    redacted: { redis: { url: '***' } }
  })
  t.match(planOf('redis: { url: "rediss://[::1]", timeout: 50ms, keyPrefix: "eu:" }'), {
    redis: {
      target: { address: { host: '::1', port: 6379 } },
      tls: { caPem: null, insecureSkipVerify: false },
      timeoutMs: 50,
      keyPrefix: 'eu:',
      database: 0
    }
  })
  const sentinel =
    'redis: { sentinel: { name: limits, nodes: [s1, "s2:1"], password: hidden-1 }, password: hidden-2, database: 2, tls: { caFile: ca.pem } }'
  const plan = planOf(sentinel)
  t.match(plan, {
    redis: {
      target: {
        kind: 'sentinel',
        name: 'limits',
        sentinels: [
          { host: 's1', port: 26_379 },
          { host: 's2', port: 1 }
        ],
        sentinelPassword: 'hidden-1'
      },
      password: 'hidden-2',
      database: 2,
      tls: { caPem: PEM }
    }
  })
  t.notMatch(JSON.stringify(plan.redacted), 'hidden')
  t.match(planOf('redis: { cluster: ["n1:7000", n2] }'), {
    redis: {
      target: {
        kind: 'cluster',
        nodes: [
          { host: 'n1', port: 7000 },
          { host: 'n2', port: 6379 }
        ]
      }
    }
  })
})

void test('every mistake in the settings of Redis is told at its place, without the secret', async (t) => {
  for (const [redis, path, code] of [
    ['{}', 'redis', 'exactly-one'],
    ['{ url: "redis://a", cluster: [b] }', 'redis', 'exactly-one'],
    ['{ url: "http://u:hidden@a" }', 'redis.url', 'bad-address'],
    ['{ url: "redis://u:hidden@a/zero" }', 'redis.url', 'bad-address'],
    ['{ url: "redis://u:hidden@a?x=1" }', 'redis.url', 'bad-address'],
    ['{ url: "redis://u:hidden%zz@a" }', 'redis.url', 'bad-address'],
    ['{ url: "redis://u:hidden@a:0" }', 'redis.url', 'bad-address'],
    ['{ url: "redis://u:hidden@a", password: hidden }', 'redis.password', 'given-twice'],
    ['{ url: "redis://a/1", database: 2 }', 'redis.database', 'given-twice'],
    ['{ url: "redis://a", username: u }', 'redis', 'missing-key'],
    ['{ url: "redis://a", timeout: 0s }', 'redis.timeout', 'out-of-range'],
    ['{ url: "redis://a", keyPrefix: "{x}" }', 'redis.keyPrefix', null],
    ['{ cluster: ["a:0"] }', 'redis.cluster[0]', 'bad-address'],
    ['{ cluster: [a], database: 1 }', 'redis.database', 'without-effect'],
    ['{ sentinel: { name: x, nodes: ["a b"] } }', 'redis.sentinel.nodes[0]', 'bad-address'],
    ['{ sentinel: { name: x, nodes: [a], username: u } }', 'redis.sentinel', 'missing-key'],
    ['{ url: "redis://a", tls: { certFile: c.pem } }', 'redis.tls', 'missing-key']
  ] as const) {
    const { ok, issues: all } = compile(`redis: ${redis}`)
    const issues = all.filter(({ severity }) => severity === 'error')
    t.notOk(ok, redis)
    t.match(issues, [{ path, ...(code === null ? {} : { code }) }], redis)
    t.equal(issues.length, 1, redis)
    t.notMatch(JSON.stringify(issues), 'hidden')
  }
})
