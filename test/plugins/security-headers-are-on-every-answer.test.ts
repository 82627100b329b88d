import type { FastifyRequest } from 'fastify'
import t from 'tap'
import securityHeaders from '../../plugins/security-headers/index.ts'
import { checkPlugin, testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'
import type { Teardown } from '../support/gateway.ts'

const NAMES = [
  'strict-transport-security',
  'x-content-type-options',
  'x-frame-options',
  'referrer-policy',
  'permissions-policy',
  'content-security-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'cross-origin-embedder-policy'
]

const byHttps = (request: FastifyRequest) => {
  Object.assign(request.gateway, { scheme: 'https' })
}

async function fieldsOf(t: Teardown, config: object, options: TestPluginOptions = {}): Promise<object> {
  const bench = await testPlugin(securityHeaders, config, options)
  t.teardown(bench.close)
  const { headers } = await bench.inject('/')
  return Object.fromEntries(NAMES.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])))
}

const SANE = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'referrer-policy': 'strict-origin-when-cross-origin'
}

t.test('a sane set is sent without any settings', async (t) => {
  t.same(await fieldsOf(t, {}), SANE)
})

t.test('Strict-Transport-Security is sent only by https', async (t) => {
  t.same(await fieldsOf(t, {}, { before: byHttps }), { ...SANE, 'strict-transport-security': 'max-age=31536000' })
  t.same(await fieldsOf(t, { strictTransportSecurity: false }, { before: byHttps }), SANE)
})

t.test('each field can be set and turned off', async (t) => {
  const values = {
    strictTransportSecurity: 'max-age=60; includeSubDomains',
    contentTypeOptions: 'nosniff',
    frameOptions: 'DENY',
    referrerPolicy: 'no-referrer, strict-origin',
    permissionsPolicy: 'camera=()',
    contentSecurityPolicy: "default-src 'self'",
    crossOriginOpenerPolicy: 'same-origin',
    crossOriginResourcePolicy: 'same-site',
    crossOriginEmbedderPolicy: 'require-corp'
  }
  t.same(
    await fieldsOf(t, values, { before: byHttps }),
    Object.fromEntries(Object.values(values).map((value, index) => [NAMES[index] as string, value]))
  )
  const off = Object.fromEntries(Object.keys(values).map((key) => [key, false]))
  t.same(await fieldsOf(t, off, { before: byHttps }), {})
  t.match(checkPlugin(securityHeaders, off), [{ severity: 'warning' }])
})

t.test("the upstream's fields stay, unless they are overridden", async (t) => {
  const upstream = {
    'strict-transport-security': 'max-age=1',
    'x-frame-options': 'DENY',
    'referrer-policy': 'unsafe-url',
    'content-security-policy': 'default-src *'
  }
  const options = { answer: { headers: upstream }, before: byHttps }
  t.same(await fieldsOf(t, {}, options), { ...upstream, 'x-content-type-options': 'nosniff' })
  t.same(await fieldsOf(t, { override: true, referrerPolicy: false }, options), {
    ...SANE,
    'strict-transport-security': 'max-age=31536000',
    'referrer-policy': 'unsafe-url',
    'content-security-policy': 'default-src *'
  })
})

t.test('refusals have them too', async (t) => {
  const before = () => {
    throw new Error('refused by an earlier plugin')
  }
  t.same(await fieldsOf(t, {}, { before }), SANE)
})

t.test('values that browsers would ignore are errors', async (t) => {
  const bad = {
    strictTransportSecurity: ['includeSubDomains', 'max-age=', 'max-age=x', 'xmax-age=5', 'max-age=1\r\nx: y', ''],
    contentTypeOptions: ['sniff', true],
    frameOptions: ['ALLOW-FROM https://a.example', 'deny'],
    referrerPolicy: ['none', 'no-referrer,', 'no-referrer strict-origin'],
    contentSecurityPolicy: ['default-src é', ' padded', ''],
    permissionsPolicy: ['a\nb'],
    crossOriginOpenerPolicy: ['same-site'],
    crossOriginResourcePolicy: ['none'],
    crossOriginEmbedderPolicy: ['same-origin']
  }
  for (const [key, values] of Object.entries(bad)) {
    for (const value of values) {
      const errors = checkPlugin(securityHeaders, { [key]: value }).filter(({ severity }) => severity === 'error')
      t.ok(errors.length > 0 && errors.every(({ path }) => path[0] === key), `${key}: ${String(value)}`)
    }
  }
  for (const value of ['max-age=0', 'includeSubDomains; Max-Age="5" ; preload']) {
    t.same(checkPlugin(securityHeaders, { strictTransportSecurity: value }), [], value)
  }
})
