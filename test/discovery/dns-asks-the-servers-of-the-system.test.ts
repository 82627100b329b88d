import dns from 'node:dns'
import t from 'tap'
import { eventually } from '../support/client.ts'
import { a, startDnsServer } from '../support/dns-server.ts'
import { watchName } from './dns-fixtures.ts'

t.test('without servers in the settings those of the system are asked', async (t) => {
  const before = dns.getServers()
  t.teardown(() => dns.setServers(before))
  const server = await startDnsServer(t, ({ name, type }) => [type === 'A' ? { answers: [a(name, '10.0.0.1')] } : {}])
  dns.setServers([server.address])
  const watched = watchName(t, { name: 'orders.test' }, { servers: [] })
  await eventually(() => watched.answers.length === 1)
  t.strictSame(watched.origins, ['http://10.0.0.1'])
})
