import t from 'tap'
import mtls from '../../plugins/mtls/index.ts'
import { benchAuth } from '../support/bench-auth.ts'
import { createAuthority, type IssuedCertificate } from '../support/client-auth-certificates.ts'
import { clockOfToday, over, verified } from '../support/tls-auth.ts'

t.test('a certificate is matched by fingerprint, URI, DNS name and common name', async (t) => {
  const authority = createAuthority(t)
  const issued = authority.issue('/O=Shop/CN=crm', 'DNS.1=other.example', 'DNS.2=CRM.example', 'URI.1=spiffe://shop/crm', 'email.1=crm@shop.example')
  const colons = issued.x509.fingerprint256
  const consumerOf = async (certificate: IssuedCertificate, ...certificates: readonly string[]): Promise<string | undefined> => {
    const consumers = certificates.map((text, index) => ({ name: `c${index}`, certificates: [text] }))
    const { inject } = await benchAuth(t, mtls, {}, { consumers, clock: clockOfToday(), before: over(() => verified(certificate)) })
    return (await inject('/')).json().gateway?.consumer.name
  }
  const fingerprints = [colons, colons.toLowerCase(), colons.replaceAll(':', ''), colons.replaceAll(':', '').toLowerCase()]
  for (const fingerprint of fingerprints) t.equal(await consumerOf(issued, `sha256:${fingerprint}`), 'c0')
  for (const text of ['dns:crm.EXAMPLE', 'uri:spiffe://shop/crm', 'subject:crm', 'DNS:other.example'])
    t.equal(await consumerOf(issued, text), 'c0', text)

  const another = colons.startsWith('00') ? `11${colons.slice(2)}` : `00${colons.slice(2)}`
  const wrong = [
    `sha256:${another}`,
    'dns:example',
    'dns:*.example',
    'dns:spiffe://shop/crm',
    'dns:crm@shop.example',
    'dns:crm',
    'uri:spiffe://shop/CRM',
    'uri:crm.example',
    'subject:CRM',
    'subject:Shop',
    'subject:crm.example'
  ]
  for (const text of wrong) t.equal(await consumerOf(issued, text), undefined, text)

  const ordered = ['subject:crm', 'dns:crm.example', 'uri:spiffe://shop/crm', `sha256:${colons}`]
  for (let length = ordered.length; length > 0; length--) {
    t.equal(await consumerOf(issued, ...ordered.slice(0, length)), `c${length - 1}`, 'what names fewer certificates goes first')
  }
})

t.test('a name with another one written into it is one name', async (t) => {
  const authority = createAuthority(t)
  const tricky = authority.issue(
    '/O=x, CN=admin/OU=y\\/CN=admin/CN=guest',
    'URI.1=spiffe://guest, DNS:admin.example',
    'DNS.1=guest.example\\"',
    'otherName.1=1.3.6.1.4.1.311.20.2.3;UTF8:x, DNS:admin.example',
    'dirName.1=inner',
    '[inner]',
    'CN=x, DNS:admin.example'
  )
  const matches = async (certificate: IssuedCertificate, text: string): Promise<boolean> => {
    const consumers = [{ name: 'c', certificates: [text] }]
    const { inject } = await benchAuth(t, mtls, {}, { consumers, clock: clockOfToday(), before: over(() => verified(certificate)) })
    return (await inject('/')).statusCode === 200
  }
  t.match(tricky.x509.subjectAltName, 'DNS:admin.example', 'what a careless reader would find')
  t.notOk(await matches(tricky, 'dns:admin.example'))
  t.notOk(await matches(tricky, 'subject:admin'))
  t.ok(await matches(tricky, 'uri:spiffe://guest, DNS:admin.example'))
  t.ok(await matches(tricky, 'dns:guest.example"'))
  t.ok(await matches(tricky, 'subject:guest'))
  const twoNames = authority.issue('/CN=admin/CN=guest')
  t.notOk(await matches(twoNames, 'subject:admin'))
  t.notOk(await matches(twoNames, 'subject:guest'), 'of two common names none counts')
})
