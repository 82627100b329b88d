import { randomBytes } from 'node:crypto'
import t from 'tap'
import basicAuth from '../../plugins/basic-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { cheapHash } from '../support/basic-auth.ts'
import { freshSecret } from '../support/bench-auth.ts'

async function refusalOf(...passwords: readonly string[]): Promise<string> {
  const consumers = [{ name: 'shop', basic: passwords.map((password) => ({ username: 'cashier', password })) }]
  try {
    await (await testPlugin(basicAuth, {}, { consumers })).close()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

t.test('a hash that cannot be checked keeps the configuration from being used, without showing it', async (t) => {
  const salted = randomBytes(40).toString('hex').slice(0, 53)
  for (const text of [
    `$2x$10$${salted}`,
    `$2$10$${salted}`,
    `$2b$03$${salted}`,
    `$2b$16$${salted}`,
    `$2b$10$${salted}a`,
    `$2b$10$-${salted.slice(1)}`
  ]) {
    t.equal(await refusalOf(text), 'the password of cashier (consumer shop) is not a valid bcrypt hash: $2a$, $2b$ or $2y$, cost 04 to 15')
  }
  t.match(await refusalOf(`$argon2id$v=19$${salted}`), /^the password of cashier .* looks like a hash of a kind/)

  const good = await cheapHash(freshSecret())
  t.equal(await refusalOf(good), '')
  const [, n = '', r = '', p = '', salt = '', hash = ''] = good.split(':')
  const malformed = [
    [n, r, p, salt],
    [n, r, p, salt, hash, hash],
    ['15', r, p, salt, hash],
    ['1', r, p, salt, hash],
    ['0', r, p, salt, hash],
    [n, '0', p, salt, hash],
    [n, r, '0', salt, hash],
    [n, r, '65', salt, hash],
    [String(2 ** 20), '8', p, salt, hash],
    [n, r, p, salt.slice(0, 4), hash],
    [n, r, p, salt, hash.slice(0, 8)],
    [n, r, p, salt, `${hash}!`],
    [n, r, p, salt, `${hash}=`]
  ]
  for (const parts of malformed) {
    const message = await refusalOf(['scrypt', ...parts].join(':'))
    t.equal(message, 'the password of cashier (consumer shop) is not a valid scrypt:N:r:p:<salt>:<hash>')
  }
})

t.test('a user name belongs to one password', async (t) => {
  t.equal(await refusalOf(freshSecret(), freshSecret()), 'two consumers have the user name cashier')
})
