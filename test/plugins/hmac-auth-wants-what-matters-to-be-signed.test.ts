import { createHash } from 'node:crypto'
import t from 'tap'
import hmacAuth from '../../plugins/hmac-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { DEFAULT_COVERED, START, hmacSigner, signed } from '../support/http-signature.ts'

const signer = hmacSigner()
const options = { consumers: [{ name: 'shop', hmacKeys: [signer.entry] }] }
const counter = (reason: string) => `auth_failures_total{plugin="hmac-auth",reason="${reason}"}`

const body = '{"pay":100}'
const digest = (algorithm: string, name: string, text = body) => `${name}=:${createHash(algorithm).update(text).digest('base64')}:`

t.test('method, authority and target must be covered', async (t) => {
  const bench = await testPlugin(hmacAuth, {}, options)
  t.teardown(bench.close)
  for (const missing of DEFAULT_COVERED) {
    const covered = DEFAULT_COVERED.filter((name) => name !== missing)
    t.equal((await bench.inject(signed(signer, { covered }))).statusCode, 401, `without ${missing}`)
  }
  t.equal((await bench.inject(signed(signer, { covered: [] }))).statusCode, 401)
  t.equal(bench.counters.get(counter('components')), 4)
  t.equal((await bench.inject(signed(signer, { covered: ['@scheme', ...DEFAULT_COVERED, '@path'] }))).statusCode, 200, 'more may be')
})

t.test('a body needs the digest to be covered, and a digest that can be compared', async (t) => {
  const bench = await testPlugin(hmacAuth, {}, options)
  t.teardown(bench.close)
  const send = async (covered: readonly string[], fields: Record<string, string>) => {
    const headers = { 'content-type': 'application/json', 'content-length': String(body.length), ...fields }
    return (await bench.inject(signed(signer, { method: 'POST', headers, body, covered }))).statusCode
  }
  const whole = [...DEFAULT_COVERED, 'content-digest']
  t.equal(await send(DEFAULT_COVERED, {}), 401)
  t.equal(await send(DEFAULT_COVERED, { 'content-digest': digest('sha256', 'sha-256') }), 401, 'sent, but not covered')
  t.equal(await send(whole, {}), 401, 'covered, but not sent')
  t.equal(await send(whole, { 'content-digest': digest('md5', 'md5') }), 401)
  t.equal(await send(whole, { 'content-digest': digest('sha1', 'sha-256') }), 401, 'too short')
  t.equal(await send(whole, { 'content-digest': 'sha-256="text"' }), 401)
  t.equal(await send(whole, { 'content-digest': 'garbage,' }), 401)
  t.equal(bench.counters.get(counter('components')), 2)
  t.equal(bench.counters.get(counter('digest')), 5)
  t.equal(await send(whole, { 'content-digest': digest('sha256', 'sha-256') }), 200)
  t.equal(await send(whole, { 'content-digest': `${digest('md5', 'md5')}, ${digest('sha512', 'sha-512')}` }), 200)
})

t.test('a body of unknown length is a body, and an empty one is none', async (t) => {
  const bench = await testPlugin(hmacAuth, {}, options)
  t.teardown(bench.close)
  t.equal((await bench.inject(signed(signer, { method: 'POST', headers: { 'transfer-encoding': 'chunked' } }))).statusCode, 401)
  t.equal((await bench.inject(signed(signer, { method: 'POST', headers: { 'content-length': '0' } }))).statusCode, 200)
})

t.test('without `contentDigest` bodies may be anything', async (t) => {
  const bench = await testPlugin(hmacAuth, { contentDigest: false }, options)
  t.teardown(bench.close)
  t.equal((await bench.inject(signed(signer, { method: 'POST', body }))).statusCode, 200)
})

t.test('a required field must be sent and covered', async (t) => {
  const bench = await testPlugin(hmacAuth, { required: ['@method', '@path', 'x-tenant'] }, options)
  t.teardown(bench.close)
  const covered = ['@method', '@path', 'x-tenant']
  const headers = { 'x-tenant': 'blue' }
  t.equal((await bench.inject(signed(signer, { covered, headers }))).statusCode, 200)
  t.equal((await bench.inject(signed(signer, { covered }))).statusCode, 401, 'not sent')
  t.equal((await bench.inject(signed(signer, { covered: ['@method', '@path'], headers }))).statusCode, 401, 'not covered')
})

t.test('a tag must be the configured one, or none', async (t) => {
  const tagged = (tag: string) => ({ url: `/${tag}`, parameters: `;created=${START};keyid="shared";tag="${tag}"` })
  const plain = await testPlugin(hmacAuth, {}, options)
  const strict = await testPlugin(hmacAuth, { tag: 'orders' }, options)
  t.teardown(plain.close)
  t.teardown(strict.close)
  t.equal((await plain.inject(signed(signer))).statusCode, 200)
  t.equal((await plain.inject(signed(signer, tagged('orders')))).statusCode, 401)
  t.equal((await strict.inject(signed(signer, tagged('orders')))).statusCode, 200)
  t.equal((await strict.inject(signed(signer, tagged('invoices')))).statusCode, 401)
  t.equal((await strict.inject(signed(signer))).statusCode, 401)
})
