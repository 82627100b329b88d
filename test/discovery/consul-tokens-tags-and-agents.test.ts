import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { ConsulQuery, ConsulSettings } from '../../src/config/plan-discovery.ts'
import { createConsulProvider } from '../../src/discovery/consul/provider.ts'
import { FakeClock, fakeRandom } from '../../src/plugin-api/testing-clock.ts'
import { eventually } from '../support/client.ts'
import { type ConsulStub, entry, startConsulStub } from '../support/consul-stub.ts'
import type { Teardown } from '../support/gateway.ts'
import { consulQuery, consulSettings } from './consul-kit.ts'
import { Recorder } from './contract.ts'

function follow(t: Teardown, stubs: readonly ConsulStub[], settings: Partial<ConsulSettings> = {}, query: Partial<ConsulQuery> = {}) {
  const clock = new FakeClock()
  const provider = createConsulProvider(consulSettings('', { addresses: stubs.map(({ url }) => url), ...settings }), { clock, random: fakeRandom() })
  const recorder = new Recorder()
  const source = provider.watch(consulQuery('orders', query), recorder)
  t.teardown(() => {
    source.stop()
    provider.close()
  })
  return { clock, recorder }
}

const answering = (t: Teardown) => startConsulStub(t, (question) => question.answer([entry(8001)], null))

t.test('tags, datacenter, namespace and consistency are asked for; what the service names goes first', async (t) => {
  const stub = await answering(t)
  follow(t, [stub], { datacenter: 'dc1', namespace: 'shop', allowStale: true }, { tags: ['v2', 'a&b'], datacenter: 'dc2' })
  await eventually(() => stub.questions.length === 1)
  const { query } = stub.questions[0] as ConsulStub['questions'][number]
  t.strictSame(query.getAll('tag'), ['v2', 'a&b'])
  t.strictSame([query.get('dc'), query.get('ns'), query.has('stale'), query.get('passing')], ['dc2', 'shop', true, '1'])
})

t.test('with warnings included, Consul is not asked for passing ones alone', async (t) => {
  const stub = await answering(t)
  follow(t, [stub], {}, { includeWarning: true })
  await eventually(() => stub.questions.length === 1)
  t.equal(stub.questions[0]?.query.has('passing'), false)
})

t.test('a name with odd letters is one part of the path', async (t) => {
  const stub = await answering(t)
  follow(t, [stub], {}, { service: 'orders/../x?y' })
  await eventually(() => stub.questions.length === 1)
  t.equal(stub.questions[0]?.service, 'orders/../x?y')
})

t.test('a token of the configuration is sent, and none otherwise', async (t) => {
  const [plain, secret] = [await answering(t), await answering(t)]
  follow(t, [plain])
  follow(t, [secret], { token: 's3cret' })
  await eventually(() => plain.questions.length === 1 && secret.questions.length === 1)
  t.equal(plain.questions[0]?.headers['x-consul-token'], undefined)
  t.equal(secret.questions[0]?.headers['x-consul-token'], 's3cret')
})

t.test('a token that rotates in its file is used without a restart', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-token-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, 'first\n')
  const stub = await answering(t)
  const { clock, recorder } = follow(t, [stub], { tokenFile })
  await eventually(() => recorder.answers.length === 1)
  t.equal(stub.questions[0]?.headers['x-consul-token'], 'first')
  writeFileSync(tokenFile, 'second\n')
  const lastToken = () => stub.questions.at(-1)?.headers['x-consul-token']
  await eventually(() => {
    clock.advance(1000)
    return lastToken() === 'second'
  })
  rmSync(tokenFile)
  const asked = stub.questions.length
  await eventually(() => {
    clock.advance(1000)
    return stub.questions.length > asked + 20
  })
  t.equal(lastToken(), 'second', 'a file that is missing for a moment costs nothing')
})

t.test('of several agents the one that answers is kept, and left when it fails', async (t) => {
  const [first, second] = [await startConsulStub(t, (question) => question.answer('No cluster leader', null, 500)), await answering(t)]
  const { clock, recorder } = follow(t, [first, second])
  await eventually(() => recorder.failures.length === 1)
  for (let i = 1; i <= 3; i++) {
    clock.advance(5000)
    await eventually(() => recorder.answers.length === i)
  }
  t.equal(first.questions.length, 1)
  t.equal(second.questions.length, 3)
})

t.test('services beyond the connections of an agent take turns, with shorter waits', async (t) => {
  const stub = await startConsulStub(t)
  const clock = new FakeClock()
  const provider = createConsulProvider(consulSettings(stub.url, { maxConnections: 2 }), { clock, random: fakeRandom() })
  const recorders = ['a', 'b', 'c'].map((service) => {
    const recorder = new Recorder()
    const source = provider.watch(consulQuery(service), recorder)
    t.teardown(() => source.stop())
    return recorder
  })
  t.teardown(() => provider.close())
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
    stub.questions.every(({ query }) => query.get('wait') === null || query.get('wait') === '2000ms'),
    'nobody keeps a turn for long while others wait'
  )
})

t.test('a service that comes when all connections wait does not wait with them', async (t) => {
  const stub = await startConsulStub(t, (question) => {
    if (!question.query.has('index')) question.answer([entry(8001)], 5)
  })
  const clock = new FakeClock()
  const provider = createConsulProvider(consulSettings(stub.url, { maxConnections: 1 }), { clock, random: fakeRandom() })
  const [first, second] = [new Recorder(), new Recorder()]
  const sources = [provider.watch(consulQuery('a'), first)]
  t.teardown(() => {
    for (const source of sources) source.stop()
    provider.close()
  })
  await eventually(() => {
    clock.advance(100)
    return stub.questions.length === 2
  })
  t.equal(stub.questions[1]?.query.get('wait'), '55000ms')
  sources.push(provider.watch(consulQuery('b'), second))
  await eventually(() => second.answers.length === 1)
  t.strictSame([...first.failures, ...second.failures], [])
})
