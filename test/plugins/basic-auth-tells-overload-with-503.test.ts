import t from 'tap'
import basicAuth from '../../plugins/basic-auth/index.ts'
import { PasswordVerifier } from '../../plugins/basic-auth/password-verifier.ts'
import { basic, cheapHash } from '../support/basic-auth.ts'
import { benchAuth, failures, freshSecret } from '../support/bench-auth.ts'
import { eventually } from '../support/client.ts'

t.test('who would have to wait too long for the hashing gets 503, who is remembered gets in', async (t) => {
  const [known, other] = [freshSecret(), freshSecret()]
  const held: (() => void)[] = []
  let hold = false
  const hash = await cheapHash(known)
  const verifier = new PasswordVerifier(async (password) => {
    if (hold) await new Promise<void>((resolve) => held.push(resolve))
    return password === known
  })
  const bench = await benchAuth(
    t,
    basicAuth,
    {},
    {
      consumers: [{ name: 'shop', basic: [{ username: 'shop', password: hash }] }],
      state: new Map([['verifier', verifier]])
    }
  )
  t.equal((await bench.inject(basic('shop', known))).statusCode, 200)
  hold = true
  const waiting = Array.from({ length: 67 }, (_, index) => bench.inject(basic('shop', `${other}${index}`)))
  await eventually(() => failures(bench, 'basic-auth', 'overloaded') === 1)
  t.equal((await bench.inject(basic('shop', known))).statusCode, 200)
  hold = false
  await eventually(() => held.length === 2)
  for (const release of held) release()
  const answers = await Promise.all(waiting)
  const sentAway = answers.filter(({ statusCode }) => statusCode === 503)
  t.equal(sentAway.length, 1)
  t.equal(sentAway[0]?.json().code, 'SP_OVERLOADED')
  t.equal(sentAway[0]?.headers['retry-after'], '1')
  t.equal(answers.filter(({ statusCode }) => statusCode === 401).length, 66)
})
