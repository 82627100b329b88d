import t from 'tap'
import basicAuth from '../../plugins/basic-auth/index.ts'
import { basic, cheapHash } from '../support/basic-auth.ts'
import { benchAuth, freshSecret } from '../support/bench-auth.ts'

t.test('a password of the document is accepted as it is, and the operator is warned', async (t) => {
  const [plain, hashed] = [freshSecret(), freshSecret()]
  for (const others of [[], [{ username: 'crm', password: await cheapHash(hashed) }]]) {
    const { inject, logged } = await benchAuth(
      t,
      basicAuth,
      {},
      {
        consumers: [{ name: 'shop', basic: [{ username: 'shop', password: plain }, ...others] }]
      }
    )
    t.equal((await inject(basic('shop', plain))).statusCode, 200)
    t.equal((await inject(basic('shop', `${plain}x`))).statusCode, 401)
    t.equal((await inject(basic('shop', hashed))).statusCode, 401)
    t.equal((await inject(basic('nobody', plain))).statusCode, 401)
    t.equal((await inject(basic('nobody', ''))).statusCode, 401)
    t.strictSame(
      logged.map(({ level, message, facts }) => [level, message, facts]),
      [['warn', 'passwords stand in the document as they are; use their scrypt hashes', { passwords: 1 }]]
    )
  }
})

t.test('the operator is warned when nobody has a user name', async (t) => {
  const { logged, inject } = await benchAuth(t, basicAuth, {}, { consumers: [{ name: 'shop' }] })
  t.strictSame(
    logged.map(({ level, message }) => [level, message]),
    [['warn', 'no consumer has a user name: basic-auth will refuse every request']]
  )
  t.equal((await inject(basic('', ''))).statusCode, 401)
})
