import t from 'tap'
import { eventually } from '../support/client.ts'
import { a, aaaa, soa, startDnsServer } from '../support/dns-server.ts'
import { ListeningClock, watchName } from './dns-fixtures.ts'

t.test('changing sets with a TTL of one second are followed second by second', async (t) => {
  let addresses = ['10.0.0.1']
  const server = await startDnsServer(t, ({ name, type }) => [
    type === 'A' ? { answers: addresses.map((address) => a(name, address, 1)) } : { authorities: [soa('test', { ttl: 60, minimum: 60 })] }
  ])
  const clock = new ListeningClock()
  const watched = watchName(t, { name: 'orders.test', port: 8080 }, { servers: [server.address] }, clock)
  for (const next of [['10.0.0.1'], ['10.0.0.1', '10.0.0.2'], ['10.0.0.3']]) {
    addresses = next
    const before = watched.answers.length
    if (before > 0) clock.advance(1000)
    await eventually(() => watched.answers.length > before)
    t.strictSame(
      watched.origins,
      next.map((address) => `http://${address}:8080`)
    )
  }
  t.equal(server.asked.length, 6, 'two families, three times')
})

t.test('the smallest TTL of all records counts', async (t) => {
  const server = await startDnsServer(t, ({ name, type }) => [
    { answers: type === 'A' ? [a(name, '10.0.0.1', 30), a(name, '10.0.0.2', 20)] : [aaaa(name, '2001:db8::1', 10)] }
  ])
  const clock = new ListeningClock()
  const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address] }, clock)
  await eventually(() => watched.answers.length === 1)
  t.strictSame(watched.origins, ['http://10.0.0.1', 'http://10.0.0.2', 'http://[2001:db8::1]'])
  t.equal(clock.waits.at(-1), 10_000)
})
