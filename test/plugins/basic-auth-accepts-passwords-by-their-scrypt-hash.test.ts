import t from 'tap'
import { hashPassword } from '../../plugins/basic-auth/hash-password.ts'
import basicAuth from '../../plugins/basic-auth/index.ts'
import { basic, cheapHash } from '../support/basic-auth.ts'
import { benchAuth, freshSecret } from '../support/bench-auth.ts'

t.test('a password is accepted by the hash that hashPassword made of it', async (t) => {
  const password = `${freshSecret()}: ü`
  const [hash, another] = [await hashPassword(password), await hashPassword(password)]
  t.match(hash, /^scrypt:32768:8:3:[\w-]{22}:[\w-]{43}$/)
  t.not(hash, another, 'each has a salt of its own')
  const { inject, logged } = await benchAuth(
    t,
    basicAuth,
    {},
    {
      consumers: [{ name: 'shop', groups: ['buyers'], basic: [{ username: 'Jürgen', password: hash }] }]
    }
  )
  t.strictSame((await inject(basic('Jürgen', password))).json().gateway.consumer, { name: 'shop', groups: ['buyers'] })
  t.strictSame((await inject(basic('Jürgen'.normalize('NFD'), password.normalize('NFD')))).statusCode, 200, 'in either form of Unicode')
  t.equal((await inject(basic('Jürgen', `${password} `))).statusCode, 401)
  t.strictSame(logged, [])
})

t.test('nothing but the user name with its password is accepted', async (t) => {
  const [password, other] = [freshSecret(), freshSecret()]
  const hash = await cheapHash(password)
  const { inject } = await benchAuth(
    t,
    basicAuth,
    {},
    {
      consumers: [
        { name: 'shop', basic: [{ username: 'shop', password: hash }] },
        { name: 'crm', basic: [{ username: 'crm', password: await cheapHash(other) }] }
      ]
    }
  )
  t.equal((await inject(basic('shop', password))).json().gateway.consumer.name, 'shop')
  t.equal((await inject(basic('crm', other))).json().gateway.consumer.name, 'crm')
  for (const [username, wrong] of [
    ['shop', other],
    ['shop', ''],
    ['shop', hash],
    ['Shop', password],
    ['', password]
  ] as const) {
    t.equal((await inject(basic(username, wrong))).statusCode, 401)
  }
})

t.test('a password that no client could send is not hashed', async (t) => {
  await t.rejects(hashPassword(''), TypeError)
  await t.rejects(hashPassword('ends with a line break\n'), TypeError)
})
