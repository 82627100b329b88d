import t from 'tap'
import { eventually } from '../support/client.ts'
import { a, RCODE, soa, startDnsServer, type Reply } from '../support/dns-server.ts'
import { watchName } from './dns-fixtures.ts'

const absences: readonly { readonly what: string; readonly reply: Reply }[] = [
  { what: 'no such name', reply: { rcode: RCODE.nameError, authorities: [soa('test')] } },
  { what: 'no records of this type', reply: { authorities: [soa('test')] } },
  { what: 'no records, and no word about the zone', reply: {} }
]

for (const { what, reply } of absences) {
  t.test(`${what} is an empty answer`, async (t) => {
    const server = await startDnsServer(t, () => [reply])
    const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address] })
    await eventually(() => watched.answers.length === 1)
    t.strictSame(watched.last, { instances: [], skipped: [] })
    t.strictSame(watched.failures, [])
  })
}

const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, extendedRcode: 1, ednsVersion: 0, flags: 0, flag_do: false, options: [] } as const
const failures: readonly { readonly what: string; readonly reply: Reply; readonly says: RegExp }[] = [
  { what: 'SERVFAIL', reply: { rcode: RCODE.serverFailure }, says: /^A+ of orders\.test: 127\.0\.0\.1:\d+: SERVFAIL$/ },
  { what: 'REFUSED', reply: { rcode: RCODE.refused }, says: /REFUSED/ },
  { what: 'an error that only EDNS has', reply: { additionals: [{ ...opt, options: [] }] }, says: /RCODE 16/ },
  { what: 'a referral', reply: { authorities: [{ type: 'NS', name: 'test', data: 'ns.test' }] }, says: /refers to other servers/ },
  {
    what: 'an answer that ends within a record',
    reply: { answers: [a('orders.test', '10.0.0.1')], garble: (bytes) => bytes.subarray(0, -2) },
    says: /garbled/
  }
]

for (const { what, reply, says } of failures) {
  t.test(`${what} is a failure and no answer`, async (t) => {
    const server = await startDnsServer(t, () => [reply])
    const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address] })
    await eventually(() => watched.failures.length === 1)
    t.match(watched.failures[0]?.message, says)
    t.strictSame(watched.answers, [])
  })
}

t.test('one family without an answer is a failure of both', async (t) => {
  const server = await startDnsServer(t, ({ name, type }) => [type === 'A' ? { answers: [a(name, '10.0.0.1')] } : { rcode: RCODE.serverFailure }])
  const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address] })
  await eventually(() => watched.failures.length === 1)
  t.match(watched.failures[0]?.message, /^AAAA of orders\.test: .*SERVFAIL/)
  t.strictSame(watched.answers, [])
})

t.test('a name that cannot be asked for is a failure', async (t) => {
  const server = await startDnsServer(t, () => [{}])
  const watched = watchName(t, { name: `${'x'.repeat(64)}.test` }, { servers: [server.address] })
  await eventually(() => watched.failures.length === 1)
  t.match(watched.failures[0]?.message, /is no name/)
  t.strictSame(server.asked, [])
})
