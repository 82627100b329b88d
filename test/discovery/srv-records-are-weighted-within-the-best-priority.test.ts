import t from 'tap'
import { eventually } from '../support/client.ts'
import { a, aaaa, RCODE, soa, srv, startDnsServer, type Reply } from '../support/dns-server.ts'
import { ListeningClock, watchName } from './dns-fixtures.ts'

const name = '_http._tcp.orders.test'

const cases: readonly { readonly what: string; readonly reply: Reply; readonly weights: Readonly<Record<string, number>> }[] = [
  {
    what: 'only the records with the smallest priority number are used',
    reply: {
      answers: [
        srv(name, 'spare.test', 80, { priority: 20, weight: 9 }),
        srv(name, 'one.test', 8001, { priority: 10, weight: 3 }),
        srv(name, 'two.test', 8002, { priority: 10, weight: 5 })
      ],
      additionals: [a('spare.test', '10.0.0.9'), a('one.test', '10.0.0.1'), a('two.test', '10.0.0.2')]
    },
    weights: { 'http://10.0.0.1:8001': 3, 'http://10.0.0.2:8002': 5 }
  },
  {
    what: 'a weight of 0 is a small chance and not none',
    reply: {
      answers: [srv(name, 'one.test', 80, { weight: 0 }), srv(name, 'two.test', 80, { weight: 1000 })],
      additionals: [a('one.test', '10.0.0.1'), a('two.test', '10.0.0.2')]
    },
    weights: { 'http://10.0.0.1': 1, 'http://10.0.0.2': 1000 }
  },
  {
    what: 'weights beyond 1000 are scaled, those of other priorities aside',
    reply: {
      answers: [
        srv(name, 'one.test', 80, { weight: 20_000 }),
        srv(name, 'two.test', 80, { weight: 5000 }),
        srv(name, 'three.test', 80, { weight: 1 }),
        srv(name, 'spare.test', 80, { priority: 1, weight: 65_535 })
      ],
      additionals: [a('one.test', '10.0.0.1'), a('two.test', '10.0.0.2'), a('three.test', '10.0.0.3'), a('spare.test', '10.0.0.9')]
    },
    weights: { 'http://10.0.0.1': 1000, 'http://10.0.0.2': 250, 'http://10.0.0.3': 1 }
  },
  {
    what: 'each address of a target is an instance, in both families',
    reply: {
      answers: [srv(name, 'One.Test', 80, { weight: 2 })],
      additionals: [a('one.test', '10.0.0.1'), a('one.test', '10.0.0.2'), aaaa('one.test', '2001:db8::1')]
    },
    weights: { 'http://10.0.0.1': 2, 'http://10.0.0.2': 2, 'http://[2001:db8::1]': 2 }
  },
  {
    what: 'two names for one address and port are one instance',
    reply: {
      answers: [srv(name, 'one.test', 80, { weight: 2 }), srv(name, 'alias.test', 80, { weight: 2 })],
      additionals: [a('one.test', '10.0.0.1'), a('alias.test', '10.0.0.1')]
    },
    weights: { 'http://10.0.0.1': 2 }
  },
  { what: 'a target that is an address is not asked for', reply: { answers: [srv(name, '10.0.0.7', 80)] }, weights: { 'http://10.0.0.7': 1 } },
  { what: 'the root as target means that there is no such service', reply: { answers: [srv(name, '.', 0)] }, weights: {} }
]

for (const { what, reply, weights } of cases) {
  t.test(what, async (t) => {
    const server = await startDnsServer(t, () => [reply])
    const watched = watchName(t, { name, type: 'srv' }, { servers: [server.address] })
    await eventually(() => watched.answers.length === 1)
    t.strictSame(Object.fromEntries(watched.last?.instances.map(({ origin, weight }) => [origin, weight]) ?? []), weights)
    t.equal(watched.last?.instances.length, Object.keys(weights).length)
    t.strictSame(watched.last?.skipped, [])
    t.equal(server.asked.length, 1, 'one question is enough')
  })
}

t.test('targets that the answer brings no address of are asked for, and their TTL counts', async (t) => {
  const server = await startDnsServer(t, (asked) => {
    if (asked.type === 'SRV') return [{ answers: ['one.test', 'two.test', 'gone.test'].map((target) => srv(name, target, 80, { ttl: 30 })) }]
    if (asked.name === 'gone.test') return [{ rcode: RCODE.nameError, authorities: [soa('test', { ttl: 50, minimum: 50 })] }]
    if (asked.type === 'AAAA') return [{ authorities: [soa('test', { ttl: 5, minimum: 5 })] }]
    return [{ answers: [a(asked.name, asked.name === 'one.test' ? '10.0.0.1' : '10.0.0.2', 12)] }]
  })
  const clock = new ListeningClock()
  const watched = watchName(t, { name, type: 'srv', scheme: 'https' }, { servers: [server.address] }, clock)
  await eventually(() => watched.answers.length === 1)
  t.strictSame(watched.origins, ['https://10.0.0.1:80', 'https://10.0.0.2:80'])
  t.match(watched.last?.skipped, [{ entry: 'gone.test:80', reason: 'its target has no address' }])
  t.equal(clock.waits.at(-1), 12_000)
})

t.test('a target that nobody answers for is a failure, not an instance less', async (t) => {
  const server = await startDnsServer(t, (asked) => {
    if (asked.type === 'SRV') return [{ answers: [srv(name, 'one.test', 80), srv(name, 'two.test', 80)], additionals: [a('one.test', '10.0.0.1')] }]
    return [{ rcode: RCODE.serverFailure }]
  })
  const watched = watchName(t, { name, type: 'srv' }, { servers: [server.address] })
  await eventually(() => watched.failures.length === 1)
  t.match(watched.failures[0]?.message, /of two\.test: .*SERVFAIL/)
  t.strictSame(watched.answers, [])
})
