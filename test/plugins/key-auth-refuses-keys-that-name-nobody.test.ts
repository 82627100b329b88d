import { createHash } from 'node:crypto'
import t from 'tap'
import keyAuth from '../../plugins/key-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { freshSecret } from '../support/bench-auth.ts'

t.test('a malformed hash and a key of two consumers keep the configuration from being used, without showing them', async (t) => {
  const key = freshSecret()
  const digest = createHash('sha256').update(key).digest('hex')
  const refusal = async (...apiKeys: readonly (readonly string[])[]): Promise<string> => {
    const consumers = apiKeys.map((keys, index) => ({ name: `c${index}`, apiKeys: keys }))
    try {
      await (await testPlugin(keyAuth, {}, { consumers })).close()
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }
  t.equal(await refusal([`sha256:${digest.slice(1)}`]), 'a key of consumer c0 begins with sha256: and has not 64 hex digits after it')
  t.equal(await refusal([key], [`sha256:${digest}`]), 'the consumers c0 and c1 have the same key')
  t.equal(await refusal([key, `sha256:${digest}`], [freshSecret()]), '', 'one consumer may write its key twice')
})
