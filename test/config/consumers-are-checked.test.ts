import { hash } from 'node:crypto'
import t from 'tap'
import { compileText } from '../../src/config/compile-text.ts'
import { planOf } from './fixtures.ts'

const SECRET = 's'.repeat(32)

function withConsumers(consumers: string, more = ''): string {
  return `version: 1
consumers: ${consumers}
${more}
upstreams: { orders: { endpoints: [http://orders] } }
routes: [{ name: all, match: { path: "/*" }, upstream: orders }]`
}

t.test('consumers and their credentials compile, and are not shown', (t) => {
  const plan = planOf(
    withConsumers(
      `[{ name: shop, groups: [partners], apiKeys: [key-1], basic: [{ username: u, password: pass-1 }], hmacKeys: [{ id: k, secret: ${SECRET} }], certificates: ["dns:a.example"], subjects: [{ subject: s }] }, { name: guest }]`,
      'authentication: { require: any, anonymous: guest }'
    )
  )
  t.strictSame(plan.consumers, [
    {
      name: 'shop',
      groups: ['partners'],
      apiKeys: ['key-1'],
      basic: [{ username: 'u', password: 'pass-1' }],
      hmacKeys: [{ id: 'k', secret: SECRET, publicKey: null }],
      certificates: ['dns:a.example'],
      subjects: [{ issuer: null, subject: 's' }]
    },
    { name: 'guest', groups: [], apiKeys: [], basic: [], hmacKeys: [], certificates: [], subjects: [] }
  ])
  t.strictSame(plan.routes[0]?.authentication, { require: 'any', anonymous: 'guest' })
  t.strictSame(plan.unmatched.authentication, { require: 'any', anonymous: 'guest' })
  t.notMatch(JSON.stringify(plan.redacted), /key-1|pass-1|ssss/)
  t.end()
})

t.test('without a word all plugins must agree and nobody is a guest', (t) => {
  t.strictSame(planOf(withConsumers('[]')).routes[0]?.authentication, { require: 'all', anonymous: null })
  t.end()
})

const mistakes: readonly (readonly [what: string, text: string, expected: RegExp])[] = [
  ['a name twice', withConsumers('[{ name: a }, { name: a }]'), /consumers\[1\]\.name this name is that of another consumer/],
  [
    'a key of two consumers',
    withConsumers('[{ name: a, apiKeys: [k-secret] }, { name: b, apiKeys: [k-secret] }]'),
    /consumers\[1\]\.apiKeys.* this key is that of another/
  ],
  [
    'a user of two consumers',
    withConsumers('[{ name: a, basic: [{ username: u, password: p }] }, { name: b, basic: [{ username: u, password: q }] }]'),
    /this user name is that/
  ],
  ['a colon in a user name', withConsumers('[{ name: a, basic: [{ username: "u:v", password: p }] }]'), /no colon/],
  ['a key without material', withConsumers('[{ name: a, hmacKeys: [{ id: k }] }]'), /exactly one of secret and publicKey/],
  ['a short secret', withConsumers('[{ name: a, hmacKeys: [{ id: k, secret: short-one }] }]'), /the secret has 9 bytes/],
  ['a certificate that is none', withConsumers('[{ name: a, certificates: ["abc"] }]'), /expected sha256/],
  ['a guest that does not exist', withConsumers('[{ name: guest }]', 'authentication: { anonymous: gest }'), /there is no consumer "gest".*guest/]
]

for (const [what, text, expected] of mistakes) {
  t.test(`${what} is told, without the credential`, (t) => {
    const compiled = compileText({ file: 'x.yaml', text, env: {}, builtins: [], readFile: () => '' })
    const said = compiled.issues.map(({ path, message, hint }) => `${path} ${message} ${hint ?? ''}`).join('\n')
    t.equal(compiled.ok, false)
    t.match(said, expected)
    t.notMatch(said, /k-secret|short-one/)
    t.end()
  })
}
