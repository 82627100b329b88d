import t from 'tap'
import { issuesToJson, formatIssues } from '../../src/config/issue.ts'
import { jwt, builtins, compileYaml, planOf, withRoute, withTop, type Options } from './fixtures.ts'

const SECRET = 'correct-horse-battery'
const options: Options = { env: { S: SECRET, T: '0' }, files: { s: `${SECRET}\n`, two: 'zz' } }

/** Everything that is said of a document. */
function said(text: string, more: Options = {}): string {
  const { issues } = compileYaml(text, { ...options, ...more })
  return `${formatIssues(issues)}${issuesToJson(issues)}`
}

t.test('a value from a file is not in any message, wherever it stands', (t) => {
  const values = [
    'telemetry: { log: { level: "${file:s}" } }',
    'listeners: [{ address: "${file:s}" }]',
    'trustedProxies: ["${file:s}"]',
    'shutdown: { delay: "a${file:s}b" }',
    'limits: { url: "${file:s}" }',
    'version: "${file:s}"',
    'providers: { a: { type: "${file:s}" } }'
  ]
  for (const value of values) {
    const text = said(withTop(value))
    t.match(text, 'error')
    t.notMatch(text, SECRET, value)
  }
  for (const key of ['upstream: "${file:s}"', 'name: "${file:s} x"', 'match: { path: "${file:s}" }', 'match: { path: /, methods: ["${file:s}"] }']) {
    t.notMatch(said(`version: 1\nupstreams: {}\nroutes:\n  - { ${key} }\n`), SECRET, key)
  }
  t.notMatch(said(withTop('telemetry: { log: { level: "${file:two}" } }')), 'zz', 'a short one')
  t.end()
})

t.test('a writeOnly value is not in any message, not even when the plugin itself repeats it', (t) => {
  const talkative = {
    ...jwt,
    check: (config: { readonly secret?: string }) => [{ severity: 'error' as const, path: ['secret'], message: `"${config.secret ?? ''}" is weak` }]
  }
  const text = withRoute('    plugins: { jwt: { secret: "${S}" } }')
  t.match(said(text, { builtins: [talkative] }), '"***" is weak')
  t.notMatch(said(text, { builtins: [talkative] }), SECRET)
  t.notMatch(said(withRoute(`    plugins: { jwt: { secret: [${SECRET}] } }`)), SECRET)
  t.end()
})

t.test('a check that throws does not print it either', (t) => {
  const throwing = {
    ...jwt,
    check: (config: { readonly secret?: string }) => {
      throw new Error(`bad ${config.secret ?? ''}`)
    }
  }
  t.notMatch(said(withRoute('    plugins: { jwt: { secret: "${S}" } }'), { builtins: [throwing] }), SECRET)
  t.end()
})

t.test('the redacted document shows neither writeOnly values nor what came from files', (t) => {
  const document = withTop('providers: { shop: { secret: "${S}" } }\nadmin: { address: "${file:address}" }').concat(
    '    plugins: { jwt: { secret: plain-secret }, helmet: { fastify: helmet, options: { key: "${S}", on: true } } }\n'
  )
  const modules = new Map([['fastify helmet', { kind: 'fastify', plugin: async () => {}, identity: 'h' } as const]])
  const plan = planOf(document, { ...options, modules, builtins, files: { address: '127.0.0.1:1\n' } })
  const shown = JSON.stringify(plan.redacted)
  t.notMatch(shown, SECRET)
  t.notMatch(shown, 'plain-secret')
  t.notMatch(shown, '127.0.0.1:1')
  t.match(plan.redacted, {
    providers: { shop: { secret: '***' } },
    admin: { address: '***' },
    routes: [{ plugins: { jwt: { secret: '***', leeway: '30s' }, helmet: { options: { key: '***', on: true } } } }]
  })
  t.strictSame(plan.providers, { shop: { secret: SECRET } }, 'the plan itself has them')
  t.end()
})
