import t from 'tap'
import { Accounts, type Account } from '../../plugins/basic-auth/accounts.ts'
import { PasswordVerifier } from '../../plugins/basic-auth/password-verifier.ts'
import { HashChecker } from '../../plugins/basic-auth/password-hash.ts'
import type { ConsumerEntry } from '../../src/plugin-api/index.ts'
import { cheapHash } from '../support/basic-auth.ts'
import { freshSecret } from '../support/bench-auth.ts'

const accountOf = (password: string): Account =>
  new Accounts([{ name: 'shop', groups: [], basic: [{ username: 'shop', password }] } as unknown as ConsumerEntry]).find('shop')

function counting() {
  let computed = 0
  const { check } = new HashChecker()
  const verifier = new PasswordVerifier((password, like) => {
    computed++
    return check(password, like)
  })
  return { verifier, computed: () => computed }
}

t.test('a verified password is not hashed again until its time is over', async (t) => {
  const password = freshSecret()
  const account = accountOf(await cheapHash(password))
  const { verifier, computed } = counting()
  const verify = (nowMs: number, maxAgeMs = 1000) => verifier.verify(account, { username: 'shop', password }, nowMs, maxAgeMs)
  t.equal(await verify(5000), 'right')
  t.equal(verify(5999), 'right', 'at once')
  t.equal(computed(), 1)
  t.equal(await verify(5000, 0), 'right')
  t.equal(computed(), 2, 'each time when nothing may be remembered')
  t.equal(await verify(6000), 'right')
  t.equal(computed(), 3, 'again after its time')
  t.equal(verify(6999), 'right', 'and remembered anew')
})

t.test('what was wrong is not remembered, and nothing else counts as what was right', async (t) => {
  const password = freshSecret()
  const [account, changed] = [accountOf(await cheapHash(password)), accountOf(await cheapHash(freshSecret()))]
  const { verifier, computed } = counting()
  const wrong = { username: 'shop', password: freshSecret() }
  t.equal(await verifier.verify(account, wrong, 0, 1000), 'wrong')
  t.equal(await verifier.verify(account, wrong, 0, 1000), 'wrong')
  t.equal(computed(), 2)
  t.equal(verifier.remembered, 0)
  t.equal(await verifier.verify(account, { username: 'shop', password }, 0, 1000), 'right')
  t.equal(await verifier.verify(account, wrong, 0, 1000), 'wrong')
  t.equal(await verifier.verify(changed, { username: 'shop', password }, 0, 1000), 'wrong', 'a changed password counts at once')
})

t.test('no more than ten thousand are remembered, the latest ones', async (t) => {
  const like = await cheapHash(freshSecret())
  const account = accountOf(like)
  let computed = 0
  const verifier = new PasswordVerifier(async () => {
    computed++
    return true
  })
  const verify = (username: string) => verifier.verify(account, { username, password: '' }, 0, 1000)
  for (let i = 0; i < 10_002; i++) await verify(`user ${i}`)
  t.equal(verifier.remembered, 10_000)
  t.equal(verify('user 10001'), 'right')
  t.equal(verify('user 2'), 'right')
  t.equal(computed, 10_002)
  await verify('user 1')
  t.equal(computed, 10_003, 'the oldest is forgotten')
})
