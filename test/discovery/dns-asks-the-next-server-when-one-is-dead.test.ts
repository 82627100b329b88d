import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/system/clock.ts'
import { eventually } from '../support/client.ts'
import { a, RCODE, startDnsServer, type Script } from '../support/dns-server.ts'
import { watchName } from './dns-fixtures.ts'

const sound: Script = ({ name, type }) => [type === 'A' ? { answers: [a(name, '10.0.0.1')] } : {}]

/** An address at which nobody listens. */
async function closedPort(): Promise<string> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return `127.0.0.1:${port}`
}

const silent: Script = () => []
const cases: readonly { readonly what: string; readonly start: (t: Test) => Promise<string>; readonly says: RegExp }[] = [
  { what: 'is not there', start: closedPort, says: /ECONNREFUSED/ },
  { what: 'says nothing', start: async (t) => (await startDnsServer(t, silent)).address, says: /no answer within 100 ms/ },
  { what: 'fails', start: async (t) => (await startDnsServer(t, () => [{ rcode: RCODE.serverFailure }])).address, says: /SERVFAIL/ }
]

for (const { what, start, says } of cases) {
  t.test(`when the first server ${what}, the second is asked`, async (t) => {
    const second = await startDnsServer(t, sound)
    const watched = watchName(t, { name: 'orders.test' }, { servers: [await start(t), second.address], timeoutMs: 100 }, systemClock)
    await eventually(() => watched.answers.length === 1)
    t.strictSame(watched.origins, ['http://10.0.0.1'])
    t.strictSame(watched.failures, [])
  })

  t.test(`when the only server ${what}, that is what the failure says`, async (t) => {
    const address = await start(t)
    const watched = watchName(t, { name: 'orders.test' }, { servers: [address], timeoutMs: 100 }, systemClock)
    await eventually(() => watched.failures.length > 0)
    t.match(watched.failures[0]?.message, says)
    t.match(watched.failures[0]?.message, address)
    t.strictSame(watched.answers, [])
  })
}

t.test('the server that answered is the first to be asked from then on', async (t) => {
  const [first, second] = [await startDnsServer(t, silent), await startDnsServer(t, sound)]
  const watched = watchName(t, { name: 'orders.test' }, { servers: [first.address, second.address], timeoutMs: 100 }, systemClock)
  await eventually(() => watched.answers.length === 1)
  watched.source.refresh()
  await eventually(() => watched.answers.length === 2)
  t.equal(first.asked.length, 2, 'both families, once')
  t.equal(second.asked.length, 4)
})

t.test('a server that does not know EDNS is asked without it', async (t) => {
  const server = await startDnsServer(t, (asked) =>
    asked.udpBytes === null ? sound(asked) : [{ rcode: RCODE.formatError, garble: (bytes) => Buffer.from(bytes.subarray(0, 12)).fill(0, 4) }]
  )
  const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address] })
  await eventually(() => watched.answers.length === 1)
  t.strictSame(watched.origins, ['http://10.0.0.1'])
})

t.test('a server without an address is a failure', async (t) => {
  const watched = watchName(t, { name: 'orders.test' }, { servers: ['nowhere'] })
  await eventually(() => watched.failures.length === 1)
  t.match(watched.failures[0]?.message, /"nowhere" has no address/)
})
