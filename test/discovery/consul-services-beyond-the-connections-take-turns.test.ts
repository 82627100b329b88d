import t from 'tap'
import { createConsulProvider } from '../../src/discovery/consul/provider.ts'
import { FakeClock, fakeRandom } from '../../src/plugin-api/testing-clock.ts'
import { eventually } from '../support/client.ts'
import { type ConsulStub, entry, startConsulStub } from '../support/consul-stub.ts'
import type { Teardown } from '../support/gateway.ts'
import { consulQuery, consulSettings } from './consul-kit.ts'
import { Recorder } from './contract.ts'

/** Follows services over so many turns at a time; one more connection is for the feed. */
function follow(t: Teardown, stub: ConsulStub, turns: number) {
  const clock = new FakeClock()
  const warnings: string[] = []
  const settings = consulSettings(stub.url, { maxConnections: turns + 1 })
  const provider = createConsulProvider(settings, { clock, random: fakeRandom(), warn: (message) => warnings.push(message) })
  const stops: (() => void)[] = []
  t.teardown(() => {
    for (const stop of stops) stop()
    provider.close()
  })
  return {
    clock,
    warnings,
    watch(service: string) {
      const recorder = new Recorder()
      const source = provider.watch(consulQuery(service), recorder)
      stops.push(() => source.stop())
      return Object.assign(recorder, { source })
    }
  }
}

const answersFirst = (t: Teardown) =>
  startConsulStub(t, (question) => {
    if (!question.query.has('index')) question.answer([entry(8001)], 5)
  })

t.test('each gets its turn, with a shorter wait, and the operator is told once', async (t) => {
  const stub = await startConsulStub(t)
  const { clock, watch, warnings } = follow(t, stub, 2)
  const recorders = ['a', 'b', 'c'].map(watch)
  await eventually(() => stub.questions.length === 2)
  t.strictSame(stub.questions.map(({ service }) => service).toSorted(), ['a', 'b'], 'the third waits for its turn')
  for (let told = 0; told < 12; told++) {
    await eventually(() => stub.questions.length > told)
    stub.questions[told]?.answer([entry(8001)], 5)
    await eventually(() => recorders.reduce((sum, { answers }) => sum + answers.length, 0) === told + 1)
    clock.advance(400)
  }
  const asked = stub.questions.slice(0, 12).map(({ service }) => service)
  for (const service of ['a', 'b', 'c']) t.equal(asked.filter((one) => one === service).length, 4, service)
  t.ok(
    stub.questions.every(({ query }) => query.get('wait') === null || query.get('wait') === '10000ms'),
    'nobody keeps a turn for long while others wait'
  )
  t.equal(warnings.length, 1)
  t.match(warnings[0], /maxConnections \(3\).*http_max_conns_per_client/)
})

t.test('a service that comes when all connections wait does not wait with them', async (t) => {
  const stub = await answersFirst(t)
  const { clock, watch } = follow(t, stub, 1)
  const first = watch('a')
  await eventually(() => {
    clock.advance(100)
    return stub.questions.length === 2
  })
  t.equal(stub.questions[1]?.query.get('wait'), '55000ms')
  const second = watch('b')
  await eventually(() => second.answers.length === 1)
  t.strictSame([...first.failures, ...second.failures], [])
})

t.test('a check that changes brings its service to the front, and no other', async (t) => {
  const stub = await answersFirst(t)
  const { clock, watch } = follow(t, stub, 1)
  const recorders = ['a', 'b', 'c', 'd'].map(watch)
  await eventually(() => {
    clock.advance(100)
    return recorders.every(({ answers }) => answers.length === 1)
  })
  await eventually(() => stub.feeds.length === 1)
  const check = (service: string, state: string) => ({ Node: 'n', ServiceName: service, ServiceID: `${service}-1`, CheckID: 'c', Status: state })
  stub.feeds[0]?.answer(
    ['a', 'b', 'c', 'd'].map((service) => check(service, 'passing')),
    50
  )
  await eventually(() => {
    clock.advance(100)
    return stub.feeds.length === 2
  })
  t.equal(stub.feeds[1]?.query.get('index'), '50')
  // One of them has the turn and waits at the agent; the others wait for it.
  await eventually(() => stub.questions.length === 5)
  const holder = stub.questions[4]
  const changed = ['b', 'c', 'd'].find((service) => service !== holder?.service) ?? ''
  stub.feeds[1]?.answer(
    ['a', 'b', 'c', 'd'].map((service) => check(service, service === changed ? 'critical' : 'passing')),
    60
  )
  await eventually(() => {
    clock.advance(100)
    return stub.feeds.length === 3
  })
  holder?.answer([entry(8001)], 5)
  await eventually(() => stub.questions.length === 6)
  t.equal(stub.questions[5]?.service, changed)
})

t.test('a node that changes concerns every service', async (t) => {
  const stub = await answersFirst(t)
  // 18 turns and a reserve of two.
  const { clock, watch } = follow(t, stub, 20)
  const recorders = Array.from({ length: 19 }, (_, index) => watch(`s${index}`))
  await eventually(() => {
    clock.advance(100)
    return recorders.every(({ answers }) => answers.length === 1) && stub.feeds.length === 1
  })
  const node = (state: string) => [{ Node: 'n', ServiceName: '', ServiceID: '', CheckID: 'serfHealth', Status: state }]
  stub.feeds[0]?.answer(node('passing'), 50)
  await eventually(() => {
    clock.advance(100)
    return stub.feeds.length === 2
  })
  const waiting = () => new Set(stub.questions.filter(({ query }) => query.has('index')).map(({ service }) => service)).size
  await eventually(() => {
    clock.advance(100)
    return waiting() === 18
  })
  stub.feeds[1]?.answer(node('critical'), 60)
  // Those that wait at the agent hear of it from Consul; the one without a turn is asked over the reserve.
  await eventually(() => waiting() === 19)
})

t.test('the feed begins when it gets crowded and ends when it is over', async (t) => {
  const stub = await answersFirst(t)
  const { watch } = follow(t, stub, 1)
  const first = watch('a')
  await eventually(() => first.answers.length === 1)
  t.equal(stub.feeds.length, 0)
  const second = watch('b')
  await eventually(() => stub.feeds.length === 1)
  second.source.stop()
  await eventually(() => stub.feeds[0]?.gone === true)
})

t.test('a feed that fails is asked again, and the turns go on', async (t) => {
  const stub = await answersFirst(t)
  const { clock, watch } = follow(t, stub, 1)
  const recorders = ['a', 'b'].map(watch)
  await eventually(() => stub.feeds.length === 1)
  stub.feeds[0]?.answer('No cluster leader', null, 500)
  await eventually(() => {
    clock.advance(100)
    return stub.feeds.length === 2
  })
  stub.feeds[1]?.answer({ not: 'a list' }, 7)
  await eventually(() => {
    clock.advance(100)
    return stub.feeds.length === 3
  })
  t.equal(stub.feeds[2]?.query.get('index'), null)
  await eventually(() => recorders.every(({ answers }) => answers.length > 0))
  t.strictSame(
    recorders.flatMap(({ failures }) => failures),
    []
  )
})
