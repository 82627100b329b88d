import t from 'tap'
import { Accounts } from '../../plugins/basic-auth/accounts.ts'
import { PasswordVerifier } from '../../plugins/basic-auth/password-verifier.ts'
import type { PasswordHash } from '../../plugins/basic-auth/password-hash.ts'
import type { ConsumerEntry } from '../../src/plugin-api/index.ts'
import { cheapHash } from '../support/basic-auth.ts'
import { freshSecret } from '../support/bench-auth.ts'

t.test('an unknown user and one with a plain password cost what the costliest hash costs', async (t) => {
  const [password, plain] = [freshSecret(), freshSecret()]
  const accounts = new Accounts([
    {
      name: 'shop',
      groups: [],
      basic: [
        { username: 'cheap', password: await cheapHash(password, 16) },
        { username: 'costly', password: await cheapHash(password, 64) },
        { username: 'plain', password: plain }
      ]
    } as unknown as ConsumerEntry
  ])
  const computed: PasswordHash[] = []
  const verifier = new PasswordVerifier(async (_password, like) => {
    computed.push(like)
    // The best that a guesser can hope for: the very hash that is asked for.
    return true
  })
  const verify = async (username: string, password: string) => verifier.verify(accounts.find(username), { username, password }, 0, 0)
  t.equal(await verify('nobody', password), 'wrong', 'also with the hash that is computed in its place')
  t.equal(await verify('plain', freshSecret()), 'wrong')
  t.equal(await verify('plain', plain), 'right')
  t.equal(await verify('costly', password), 'right')
  t.strictSame(
    computed.map((hash) => (hash.kind === 'scrypt' ? [hash.cost, hash.blockSize, hash.parallelization, hash.salt.length] : [])),
    Array.from({ length: 4 }, () => [64, 1, 1, 8])
  )
})
