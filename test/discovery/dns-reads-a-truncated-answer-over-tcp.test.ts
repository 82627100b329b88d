import t from 'tap'
import { eventually } from '../support/client.ts'
import { a, startDnsServer } from '../support/dns-server.ts'
import { watchName } from './dns-fixtures.ts'

const addresses = Array.from({ length: 200 }, (_, index) => `10.0.1.${index + 1}`)
const origins = addresses.map((address) => `http://${address}`).toSorted()

const cases: readonly { readonly what: string; readonly garble: (bytes: Buffer) => Buffer }[] = [
  { what: 'between two records', garble: (bytes) => bytes },
  { what: 'within a record', garble: (bytes) => bytes.subarray(0, -7) }
]

for (const { what, garble } of cases) {
  t.test(`an answer over UDP that is cut off ${what} is read over TCP`, async (t) => {
    const server = await startDnsServer(t, ({ name, type, over }) => {
      if (type === 'AAAA') return [{}]
      const answers = addresses.map((address) => a(name, address))
      return [over === 'tcp' ? { answers } : { answers: answers.slice(0, 5), truncated: true, garble }]
    })
    const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address] })
    await eventually(() => watched.answers.length === 1)
    t.strictSame(watched.origins, origins)
    t.strictSame(
      server.asked.filter(({ type }) => type === 'A').map(({ over, udpBytes }) => [over, udpBytes]),
      [
        ['udp', 1232],
        ['tcp', 1232]
      ]
    )
  })
}

t.test('an answer that is cut off over TCP too is a failure', async (t) => {
  const server = await startDnsServer(t, ({ name }) => [{ answers: [a(name, '10.0.0.1')], truncated: true }])
  const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address] })
  await eventually(() => watched.failures.length === 1)
  t.match(watched.failures[0]?.message, /over TCP is garbled/)
  t.strictSame(watched.answers, [])
})
