import t from 'tap'
import { planOf, VALID, withTop } from './fixtures.ts'

const hash = (text: string, env: Record<string, string> = {}): string => planOf(text, { env }).hash

t.test('the order of keys, comments, style and written defaults do not count', (t) => {
  const plain = hash(withTop('limits: { url: 4KiB, headerCount: 5 }'))
  t.match(plain, /^[0-9a-f]{64}$/)
  t.equal(hash(withTop('# hi\nlimits:\n  headerCount: 5\n  url: 4KiB')), plain)
  t.equal(hash(withTop('limits: { url: "${U}", headerCount: 5, body: 10MiB }'), { U: '4KiB' }), plain)
  t.equal(
    hash(
      `routes:\n  - upstream: orders\n    match: { path: /orders }\n    name: orders\nupstreams:\n  orders: { endpoints: [http://orders:3000] }\nlimits: { url: 4KiB, headerCount: 5 }\nversion: 1\n`
    ),
    plain
  )
  t.end()
})

t.test('a policy that is written as its default is the same, another one is not', (t) => {
  const withKeys = (keys: string): string => hash(VALID.replace('    endpoints', `    ${keys}\n    endpoints`))
  t.equal(withKeys('retry: { attempts: 1, on: [connect-failure, reset] }'), hash(VALID))
  t.equal(withKeys('circuitBreaker: { window: 10s }'), withKeys('circuitBreaker: {}'))
  t.not(withKeys('retry: {}'), hash(VALID))
  t.not(withKeys('circuitBreaker: {}'), hash(VALID))
  t.end()
})

t.test('a value counts', (t) => {
  t.not(hash(withTop('limits: { url: 4KiB }')), hash(VALID))
  t.not(hash(withTop('limits: { url: "${U}" }'), { U: '5KiB' }), hash(withTop('limits: { url: "${U}" }'), { U: '6KiB' }))
  t.end()
})

t.test('the order of plugins counts where it is their order at run time', (t) => {
  t.not(hash(withTop('plugins: { edge-a: {}, edge-b: {} }')), hash(withTop('plugins: { edge-b: {}, edge-a: {} }')))
  t.equal(hash(withTop('plugins: { edge-a: {}, jwt: {} }')), hash(withTop('plugins: { jwt: {}, edge-a: {} }')), 'the phase decides')
  t.end()
})

t.test('the content of a TLS file and the identity of a module count', (t) => {
  const text = VALID.replace('    endpoints', '    tls: { caFile: ca.pem }\n    endpoints').replace('http://orders:3000', 'https://orders')
  const pem = (body: string): string => planOf(text, { files: { 'ca.pem': `-----BEGIN CERTIFICATE-----\n${body}` } }).hash
  t.equal(pem('a'), pem('a'))
  t.not(pem('a'), pem('b'))
  const module = (identity: string): string =>
    planOf(withTop('plugins: { x: { fastify: x } }'), {
      modules: new Map([['fastify x', { kind: 'fastify', plugin: async () => {}, identity }]])
    }).hash
  t.equal(module('1'), module('1'))
  t.not(module('1'), module('2'))
  t.end()
})
