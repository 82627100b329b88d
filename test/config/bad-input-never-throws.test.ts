import fc from '../support/property.ts'
import t from 'tap'
import { compileYaml } from './fixtures.ts'

const DOCUMENT = `version: 1
listeners: [{ address: ":8080" }]
admin: { address: "\${A:-:9901}" }
trustedProxies: [10.0.0.0/8]
limits: { headers: 16KiB, headerCount: 100 }
providers: { shop: { secret: "\${file:s}" } }
plugins: &p { jwt: { provider: shop }, x: { use: ./x.ts, config: {} }, y: { fastify: y } }
upstreams:
  orders: { endpoints: [http://a, { url: http://b, weight: 2 }], tls: { caFile: s }, plugins: *p }
routes:
  - name: a
    match: { path: "/a/:id", methods: [GET], hosts: ["*.a.b"], headers: { x: { regex: "a+" } }, query: { q: { present: true } } }
    upstream: orders
    rewrite: { replacePrefix: { from: /a, to: /b } }
    plugins: { limit: { limit: 1, by: { header: x } }, jwt: false }
`
const TOKENS = [...new Set(DOCUMENT.split(/(\s+|[[\]{}:,&*"])/))].concat([
  'null',
  '~',
  '-',
  '- ',
  '? ',
  '|',
  '>',
  '!!binary x',
  '!x',
  '<<: *p',
  '.nan',
  '-1',
  'true',
  '\t',
  '%',
  '${',
  '}',
  '$${',
  '__proto__: 1',
  'constructor: {}',
  '# '
])

t.test('whatever is changed in a valid document', (t) => {
  const edit = fc.record({ at: fc.nat(DOCUMENT.length), cut: fc.nat(20), put: fc.oneof(fc.constantFrom(...TOKENS), fc.string({ maxLength: 4 })) })
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let text = DOCUMENT
      for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut)
      const { ok, issues } = compileYaml(text, { files: { s: 'secret' } })
      return issues.every(({ line, column, message }) => line > 0 && column > 0 && message !== '') && (ok || issues.length > 0)
    }),
    { numRuns: 1500 }
  )
  t.end()
})

t.test('whatever value stands at any place', (t) => {
  const paths = ['version', 'listeners', 'admin', 'trustedProxies', 'limits', 'telemetry', 'providers', 'plugins', 'upstreams', 'routes']
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 4 }), (key, value) => {
      compileYaml(`version: 1\n${key === 'version' ? '' : key}${key === 'version' ? '' : `: ${JSON.stringify(value)}\n`}`)
      compileYaml(
        JSON.stringify({
          version: 1,
          upstreams: { a: { [key]: value, endpoints: value, plugins: { jwt: value } } },
          routes: [{ match: value, rewrite: value, plugins: value, [key]: value }, value]
        })
      )
      return true
    }),
    { numRuns: 500 }
  )
  t.end()
})
