import t from 'tap'
import { eventually } from '../support/client.ts'
import { a, startDnsServer } from '../support/dns-server.ts'
import { watchName } from './dns-fixtures.ts'

t.test('a refresh does not wait for the TTL', async (t) => {
  let address = '10.0.0.1'
  const server = await startDnsServer(t, ({ name, type }) => [type === 'A' ? { answers: [a(name, address, 3600)] } : {}])
  // The clock stands still, so that nothing but the refresh can ask.
  const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address] })
  await eventually(() => watched.answers.length === 1)
  address = '10.0.0.2'
  watched.source.refresh()
  await eventually(() => watched.answers.length === 2)
  t.strictSame(watched.origins, ['http://10.0.0.2'])
})

t.test('refreshes during a question ask once more, after it', async (t) => {
  const server = await startDnsServer(t, ({ name, type }) => [type === 'A' ? { answers: [a(name, `10.0.0.${server.asked.length}`, 3600)] } : {}])
  const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address] })
  watched.source.refresh()
  watched.source.refresh()
  await eventually(() => watched.answers.length === 2)
  watched.source.refresh()
  await eventually(() => watched.answers.length === 3)
  t.equal(server.asked.length, 6, 'both families, three times')
})
