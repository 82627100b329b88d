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
