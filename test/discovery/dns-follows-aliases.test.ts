import t from 'tap'
import { eventually } from '../support/client.ts'
import { a, cname, RCODE, soa, startDnsServer, type Asked, type Reply } from '../support/dns-server.ts'
import { ListeningClock, watchName } from './dns-fixtures.ts'

const chain = [cname('one.test', 'Two.test', 40), cname('two.test', 'three.test', 4)]
const isTarget = ({ name, type }: Asked): boolean => name === 'three.test' && type === 'A'

const cases: readonly { readonly what: string; readonly reply: (asked: Asked) => Reply; readonly names: readonly string[] }[] = [
  {
    what: 'that ends within the answer',
    reply: ({ type }) => (type === 'A' ? { answers: [a('three.test', '10.0.0.3', 20), ...chain] } : { answers: chain, authorities: [soa('test')] }),
    names: ['one.test']
  },
  {
    what: 'that leads out of the answer',
    reply: (asked) => (asked.name === 'one.test' ? { answers: chain } : isTarget(asked) ? { answers: [a('three.test', '10.0.0.3', 20)] } : {}),
    names: ['one.test', 'three.test']
  },
  {
    what: 'that is told piece by piece',
    reply: (asked) =>
      isTarget(asked) ? { answers: [a('three.test', '10.0.0.3', 20)] } : { answers: chain.filter(({ name }) => name === asked.name) },
    names: ['one.test', 'two.test', 'three.test']
  }
]

for (const { what, reply, names } of cases) {
  t.test(`a chain of aliases ${what} is followed, and its TTLs count`, async (t) => {
    const server = await startDnsServer(t, (asked) => [reply(asked)])
    const clock = new ListeningClock()
    const watched = watchName(t, { name: 'one.test' }, { servers: [server.address] }, clock)
    await eventually(() => watched.answers.length === 1)
    t.strictSame(watched.origins, ['http://10.0.0.3'])
    t.strictSame(
      server.asked.filter(({ type }) => type === 'A').map(({ name }) => name),
      names
    )
    t.equal(clock.waits.at(-1), 4000)
  })
}

const zone = soa('test', { ttl: 9, minimum: 9 })
for (const { what, reply, waitMs } of [
  { what: 'does not exist', reply: { rcode: RCODE.nameError, authorities: [zone] }, waitMs: 4000 },
  { what: 'does not exist, says a server without a word about the zone,', reply: { rcode: RCODE.nameError }, waitMs: 1000 },
  { what: 'has no addresses', reply: { authorities: [zone] }, waitMs: 4000 }
]) {
  t.test(`an alias of a name that ${what} is an empty answer`, async (t) => {
    const server = await startDnsServer(t, () => [{ ...reply, answers: chain }])
    const clock = new ListeningClock()
    const watched = watchName(t, { name: 'one.test' }, { servers: [server.address] }, clock)
    await eventually(() => watched.answers.length === 1)
    t.strictSame(watched.last, { instances: [], skipped: [] })
    t.equal(server.asked.length, 2, 'nothing is left to ask')
    t.equal(clock.waits.at(-1), waitMs)
  })
}

t.test('aliases that lead in a circle are a failure', async (t) => {
  const server = await startDnsServer(t, ({ name }) => [
    { answers: [name === 'one.test' ? cname('one.test', 'two.test') : cname('two.test', 'one.test')] }
  ])
  const watched = watchName(t, { name: 'one.test' }, { servers: [server.address] })
  await eventually(() => watched.failures.length === 1)
  t.match(watched.failures[0]?.message, /aliases of one\.test have no end/)
})

t.test('aliases that lead on and on are a failure', async (t) => {
  const server = await startDnsServer(t, ({ name }) => [{ answers: [cname(name, `x${name}`)] }])
  const watched = watchName(t, { name: 'one.test' }, { servers: [server.address] })
  await eventually(() => watched.failures.length === 1)
  t.match(watched.failures[0]?.message, /aliases of one\.test have no end/)
  t.ok(server.asked.length <= 2 * 17, `${server.asked.length} questions`)
})
