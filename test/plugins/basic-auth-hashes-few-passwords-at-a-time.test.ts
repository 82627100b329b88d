import t from 'tap'
import { Accounts } from '../../plugins/basic-auth/accounts.ts'
import { PasswordVerifier, type Verdict } from '../../plugins/basic-auth/password-verifier.ts'
import type { ConsumerEntry } from '../../src/plugin-api/index.ts'
import { cheapHash } from '../support/basic-auth.ts'
import { freshSecret } from '../support/bench-auth.ts'

t.test('two passwords are hashed at a time, 64 wait, and the rest is sent away', async (t) => {
  const account = new Accounts([
    { name: 'shop', groups: [], basic: [{ username: 'shop', password: await cheapHash(freshSecret()) }] } as unknown as ConsumerEntry
  ]).find('shop')
  const held: (() => void)[] = []
  let [running, most, begun] = [0, 0, 0]
  const verifier = new PasswordVerifier(async () => {
    begun++
    most = Math.max(most, ++running)
    await new Promise<void>((resolve) => held.push(resolve))
    running--
    return true
  })
  const verify = (password: string): Verdict | Promise<Verdict> => verifier.verify(account, { username: 'shop', password }, 0, 1000)

  const verdicts = Array.from({ length: 70 }, (_, index) => verify(`password ${index}`))
  t.equal(begun, 2)
  t.strictSame(verdicts.slice(66), ['overloaded', 'overloaded', 'overloaded', 'overloaded'])
  t.equal(verify('password 0'), verdicts[0], 'equal credentials at the same moment are hashed once')
  while (held.length > 0) {
    for (const release of held.splice(0)) release()
    // Who comes while a place is handed on must not take it as well.
    void verify('one more')
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.strictSame(new Set(await Promise.all(verdicts.slice(0, 66).map(async (verdict) => verdict))), new Set(['right']))
  t.equal(most, 2)
  const last = verify('last')
  t.equal(begun, 68, 'then there is room again')
  for (const release of held.splice(0)) release()
  t.equal(await last, 'right')
})
