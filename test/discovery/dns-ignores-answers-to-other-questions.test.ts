import t from 'tap'
import { eventually } from '../support/client.ts'
import { a, startDnsServer, type Asked, type Reply } from '../support/dns-server.ts'
import { watchName } from './dns-fixtures.ts'

const forged = { answers: [a('orders.test', '10.6.6.6')] }
const forgeries: readonly { readonly what: string; readonly forge: (asked: Asked) => Reply }[] = [
  { what: 'with another id', forge: ({ id }) => ({ ...forged, id: (id + 1) % 65_536 }) },
  { what: 'to another name', forge: () => ({ ...forged, question: { name: 'others.test', type: 'A' } }) },
  { what: 'to another type', forge: () => ({ ...forged, question: { name: 'orders.test', type: 'TXT' } }) },
  { what: 'that is a question itself', forge: () => ({ ...forged, garble: (bytes) => withByte(bytes, 2, 1) }) },
  { what: 'that repeats no question', forge: () => ({ garble: (bytes) => withByte(bytes, 5, 0).subarray(0, 12) }) },
  { what: 'that is too short to be one', forge: () => ({ garble: (bytes) => bytes.subarray(0, 11) }) }
]

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[at] = value
  return changed
}

for (const { what, forge } of forgeries) {
  t.test(`an answer ${what} is ignored, and the right one after it is heard`, async (t) => {
    const server = await startDnsServer(t, (asked) => [forge(asked), asked.type === 'A' ? { answers: [a(asked.name, '10.0.0.1')] } : {}])
    const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address] })
    await eventually(() => watched.answers.length === 1)
    t.strictSame(watched.origins, ['http://10.0.0.1'])
    t.strictSame(watched.failures, [])
  })
}

t.test('letters in the question may come back in another case', async (t) => {
  const server = await startDnsServer(t, ({ name, type }) => [
    { question: { name: name.toUpperCase(), type }, answers: type === 'A' ? [a(name.toUpperCase(), '10.0.0.1')] : [] }
  ])
  const watched = watchName(t, { name: 'Orders.test.' }, { servers: [server.address] })
  await eventually(() => watched.answers.length === 1)
  t.strictSame(watched.origins, ['http://10.0.0.1'])
})

t.test('ids differ from question to question', async (t) => {
  const server = await startDnsServer(t, () => [{}])
  const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address] })
  for (let round = 1; round <= 8; round++) {
    await eventually(() => watched.answers.length === round)
    watched.source.refresh()
  }
  await eventually(() => server.asked.length >= 16)
  t.ok(new Set(server.asked.map(({ id }) => id)).size > 8, 'of 16 and more bits by chance, no two need to be equal')
})
