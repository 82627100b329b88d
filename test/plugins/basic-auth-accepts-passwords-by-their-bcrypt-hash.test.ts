import bcrypt from 'bcryptjs'
import t from 'tap'
import basicAuth from '../../plugins/basic-auth/index.ts'
import { basic, cheapHash } from '../support/basic-auth.ts'
import { benchAuth, freshSecret } from '../support/bench-auth.ts'

t.test('a password is accepted by its bcrypt hash, as htpasswd and others write it', async (t) => {
  const [password, long] = [`${freshSecret()}ü`, 'x'.repeat(73)]
  const hash = bcrypt.hashSync(password, 4)
  const { inject } = await benchAuth(
    t,
    basicAuth,
    {},
    {
      consumers: [
        {
          name: 'shop',
          basic: [
            { username: 'a', password: hash.replace(/^\$2.\$/, '$2a$') },
            { username: 'b', password: hash.replace(/^\$2.\$/, '$2b$') },
            { username: 'y', password: hash.replace(/^\$2.\$/, '$2y$') },
            { username: 'full', password: bcrypt.hashSync(long.slice(0, 72), 4) },
            { username: 'scrypt', password: await cheapHash(password) }
          ]
        }
      ]
    }
  )
  for (const username of ['a', 'b', 'y', 'scrypt']) {
    t.equal((await inject(basic(username, password))).json().gateway.consumer.name, 'shop', username)
    t.equal((await inject(basic(username, `${password}.`))).statusCode, 401)
    t.equal((await inject(basic(username, hash))).statusCode, 401, 'the hash is not the password')
  }
  t.equal((await inject(basic('nobody', password))).statusCode, 401)
  t.equal((await inject(basic('full', long.slice(0, 72)))).statusCode, 200)
  t.equal((await inject(basic('full', long))).statusCode, 401, 'bcrypt itself would not see the difference')
})
