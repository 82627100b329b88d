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
  [
    'a key beside its own hash',
    withConsumers(`[{ name: a, apiKeys: [k-secret] }, { name: b, apiKeys: ["sha256:${hash('sha256', 'k-secret').toUpperCase()}"] }]`),
    /consumers\[1\]\.apiKeys.* this key is that of another/
  ],
  ['a hash of a key that is none', withConsumers('[{ name: a, apiKeys: ["sha256:k-secret"] }]'), /expected 64 hex digits/],
  ['a scrypt hash that is none', withConsumers('[{ name: a, basic: [{ username: u, password: "scrypt:k-secret" }] }]'), /looks like a hash/],
  ['a bcrypt hash that costs too much', withConsumers('[{ name: a, basic: [{ username: u, password: "$2b$31$k-secret" }] }]'), /looks like a hash/],
  ['a hash of another kind', withConsumers('[{ name: a, basic: [{ username: u, password: "$argon2id$k-secret" }] }]'), /looks like a hash/],
  ['a private key', withConsumers('[{ name: a, hmacKeys: [{ id: k, publicKey: "-----BEGIN PRIVATE KEY----- k-secret" }] }]'), /a private key/],
  ['a public key that is none', withConsumers('[{ name: a, hmacKeys: [{ id: k, publicKey: "k-secret" }] }]'), /PEM text of a public key/],
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
