import t from 'tap'
import { eventually } from '../support/client.ts'
import { RCODE, soa, startDnsServer } from '../support/dns-server.ts'
import { ListeningClock, watchName } from './dns-fixtures.ts'

const cases = [
  { what: 'the minimum of the SOA record', authorities: [soa('test', { ttl: 30, minimum: 7 })], waitMs: 7000 },
  { what: 'the TTL of the SOA record when it is smaller', authorities: [soa('test', { ttl: 5, minimum: 7 })], waitMs: 5000 },
  { what: 'no SOA record, so no time at all', authorities: [], waitMs: 1000 }
]

for (const rcode of [RCODE.nameError, 0]) {
  for (const { what, authorities, waitMs } of cases) {
    t.test(`${rcode === 0 ? 'no records' : 'no such name'}: ${what}`, async (t) => {
      const server = await startDnsServer(t, () => [{ rcode, authorities }])
      const clock = new ListeningClock()
      const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address] }, clock)
      await eventually(() => watched.answers.length === 1)
      t.strictSame(watched.last, { instances: [], skipped: [] })
      t.equal(clock.waits.at(-1), waitMs)
    })
  }
}
