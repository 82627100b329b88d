import t from 'tap'
import keyAuth from '../../plugins/key-auth/index.ts'
import { benchAuth, freshSecret } from '../support/bench-auth.ts'

t.test('it is logged when no consumer has a key', async (t) => {
  const warnings = async (apiKeys: readonly string[]) => {
    const { logged } = await benchAuth(t, keyAuth, {}, { consumers: [{ name: 'shop', apiKeys }] })
    return logged.map(({ level, message }) => [level, message])
  }
  t.strictSame(await warnings([]), [['warn', 'no consumer has an api key: key-auth will refuse every request']])
  t.strictSame(await warnings([freshSecret()]), [])
})
