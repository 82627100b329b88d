import { randomBytes } from 'node:crypto'
import t from 'tap'
import mtls from '../../plugins/mtls/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { benchAuth } from '../support/bench-auth.ts'

t.test('malformed entries and one certificate of two consumers keep the configuration from being used', async (t) => {
  const refusal = async (...certificates: readonly string[]): Promise<string> => {
    try {
      const consumers = certificates.map((text, index) => ({ name: `c${index}`, certificates: [text] }))
      await (await testPlugin(mtls, {}, { consumers })).close()
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }
  const hex = randomBytes(32).toString('hex')
  for (const text of [`sha256:${hex.slice(1)}`, 'sha256:', 'dns:', 'crm', 'sha1:00', ':crm']) {
    t.equal(await refusal(text), `consumer c0: ${text} is not sha256:, subject:, dns: or uri: with a value`)
  }
  const colons = hex.toUpperCase().replaceAll(/..(?!$)/g, '$&:')
  t.equal(await refusal(`sha256:${hex}`, `SHA256:${colons}`), `the consumers c0 and c1 both have sha256:${hex}`)
  t.equal(await refusal('dns:crm.example', 'dns:CRM.example'), 'the consumers c0 and c1 both have dns:crm.example')
  t.equal(await refusal('subject:crm', 'subject:CRM', 'uri:crm', 'dns:crm'), '', 'these are four')
})

t.test('it is logged when no consumer has a certificate', async (t) => {
  const warnings = async (...certificates: readonly string[]) =>
    (await benchAuth(t, mtls, {}, { consumers: [{ name: 'crm', certificates }] })).logged.map(({ level, message }) => [level, message])
  t.strictSame(await warnings(), [['warn', 'no consumer has a certificate: mtls will refuse every request']])
  t.strictSame(await warnings('subject:crm'), [])
})
