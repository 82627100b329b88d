import t from 'tap'
import { eventually } from '../support/client.ts'
import { a, startDnsServer } from '../support/dns-server.ts'
import { ListeningClock, unjittered, watchName } from './dns-fixtures.ts'

const cases: readonly { readonly ttl: number; readonly waitMs: number }[] = [
  { ttl: 0, waitMs: 3000 },
  { ttl: 2, waitMs: 3000 },
  { ttl: 4, waitMs: 4000 },
  { ttl: 9, waitMs: 8000 },
  { ttl: 0x7f_ff_ff_ff, waitMs: 8000 },
  // RFC 2181 section 8: a TTL with the highest bit set is 0.
  { ttl: 0x80_00_00_00, waitMs: 3000 }
]

for (const { ttl, waitMs } of cases) {
  t.test(`a TTL of ${ttl} s lasts ${waitMs} ms between 3 s and 8 s`, async (t) => {
    const server = await startDnsServer(t, ({ name, type }) => [{ answers: type === 'A' ? [a(name, '10.0.0.1', ttl)] : [] }])
    const clock = new ListeningClock()
    const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address], minTtlMs: 3000, maxTtlMs: 8000 }, clock)
    await eventually(() => watched.answers.length === 1)
    t.equal(clock.waits.at(-1), waitMs)
  })
}

for (const { ttl, waitMs } of [
  { ttl: 6, waitMs: 5700 },
  { ttl: 3, waitMs: 3000 }
]) {
  t.test(`of a TTL of ${ttl} s up to a tenth is left out by chance, but never the lower bound`, async (t) => {
    const server = await startDnsServer(t, ({ name, type }) => [{ answers: type === 'A' ? [a(name, '10.0.0.1', ttl)] : [] }])
    const clock = new ListeningClock()
    const random = { ...unjittered, next: () => 0.5 }
    const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address], minTtlMs: 3000 }, clock, random)
    await eventually(() => watched.answers.length === 1)
    t.equal(clock.waits.at(-1), waitMs)
  })
}
