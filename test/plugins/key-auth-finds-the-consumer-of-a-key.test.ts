import { createHash } from 'node:crypto'
import t from 'tap'
import keyAuth from '../../plugins/key-auth/index.ts'
import { benchAuth, freshSecret } from '../support/bench-auth.ts'

t.test('the consumer of a key is found, whether the document has the key or its hash', async (t) => {
  const [plain, hashed, umlaut] = [freshSecret(), freshSecret(), `${freshSecret()}-ключ`]
  const digest = createHash('sha256').update(hashed).digest('hex')
  const { inject } = await benchAuth(
    t,
    keyAuth,
    {},
    {
      consumers: [
        { name: 'shop', groups: ['buyers'], apiKeys: [freshSecret(), plain] },
        { name: 'crm', apiKeys: [`sha256:${digest.toUpperCase()}`] },
        { name: 'erp', apiKeys: [umlaut] }
      ]
    }
  )
  const consumerOf = async (key: string) => (await inject({ headers: { 'x-api-key': key } })).json().gateway?.consumer
  t.strictSame(await consumerOf(plain), { name: 'shop', groups: ['buyers'] })
  t.strictSame(await consumerOf(hashed), { name: 'crm', groups: [] })
  t.strictSame(await consumerOf(Buffer.from(umlaut).toString('latin1')), { name: 'erp', groups: [] }, 'the bytes of UTF-8 count')
  t.equal(await consumerOf(digest), undefined, 'a hash is no key')
  t.equal(await consumerOf(`sha256:${digest}`), undefined, 'the text of the document is no key')
})
