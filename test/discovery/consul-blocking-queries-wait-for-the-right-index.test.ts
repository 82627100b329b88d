import t from 'tap'
import { createConsulProvider } from '../../src/discovery/consul/provider.ts'
import { FakeClock, fakeRandom } from '../../src/plugin-api/testing-clock.ts'
import { eventually } from '../support/client.ts'
import { type ConsulStub, entry, startConsulStub } from '../support/consul-stub.ts'
import type { Teardown } from '../support/gateway.ts'
import { consulQuery, consulSettings } from './consul-kit.ts'
import { Recorder } from './contract.ts'

/** Follows `orders` under a clock that the test moves. */
function follow(t: Teardown, stub: ConsulStub) {
  const clock = new FakeClock()
  const provider = createConsulProvider(consulSettings(stub.url), { clock, random: fakeRandom() })
  const recorder = new Recorder()
  const source = provider.watch(consulQuery('orders'), recorder)
  t.teardown(() => {
    source.stop()
    provider.close()
  })
  return { clock, recorder, source }
}

const indexes = (stub: ConsulStub) => stub.questions.map(({ query }) => query.get('index'))

t.test('the first question does not wait, the next ones wait for a change of what was told', async (t) => {
  const stub = await startConsulStub(t)
  const { clock, recorder } = follow(t, stub)
  await eventually(() => stub.questions.length === 1)
  stub.questions[0]?.answer([entry(8001)], 10)
  await eventually(() => recorder.answers.length === 1)
  clock.advance(1000)
  await eventually(() => stub.questions.length === 2)
  t.equal(stub.questions[1]?.query.get('wait'), '55000ms')
  stub.questions[1]?.answer([entry(8001)], 15)
  await eventually(() => recorder.answers.length === 2)
  clock.advance(1000)
  await eventually(() => stub.questions.length === 3)
  t.strictSame(indexes(stub), [null, '10', '15'])
})

t.test('an index that moves all the time is not asked for more than five times a second', async (t) => {
  const stub = await startConsulStub(t, (question) => question.answer([entry(8001)], stub.questions.length + 10))
  const { clock, recorder } = follow(t, stub)
  for (let i = 1; i <= 20; i++) {
    await eventually(() => recorder.answers.length === i)
    const asked = stub.questions.length
    clock.advance(99)
    t.equal(stub.questions.length, asked, 'not yet')
    clock.advance(201)
  }
})

t.test('an index that goes back is a Consul that began anew, and is asked without waiting', async (t) => {
  const stub = await startConsulStub(t)
  const { clock, recorder } = follow(t, stub)
  await eventually(() => stub.questions.length === 1)
  stub.questions[0]?.answer([entry(8001), entry(8002)], 500)
  await eventually(() => recorder.answers.length === 1)
  clock.advance(1000)
  await eventually(() => stub.questions.length === 2)
  stub.questions[1]?.answer([entry(8001)], 7)
  await eventually(() => recorder.answers.length === 2)
  t.equal(recorder.last?.refilling, true)
  clock.advance(1000)
  await eventually(() => stub.questions.length === 3)
  stub.questions[2]?.answer([entry(8001)], 7)
  await eventually(() => recorder.answers.length === 3)
  t.equal(recorder.last?.refilling, undefined, 'said once')
  clock.advance(1000)
  await eventually(() => stub.questions.length === 4)
  t.strictSame(indexes(stub), [null, '500', null, '7'])
})

t.test('an index of 0, none, or nonsense is never waited for', async (t) => {
  const told = [0, null, 'x', -3, 9, 9]
  const stub = await startConsulStub(t, (question) => question.answer([entry(8001)], told[stub.questions.length - 1] as number))
  const { clock, recorder } = follow(t, stub)
  for (let i = 1; i <= 6; i++) {
    await eventually(() => recorder.answers.length === i)
    clock.advance(1000)
  }
  t.strictSame(indexes(stub).slice(0, 6), [null, null, null, null, null, '9'])
})

t.test('after a failure nothing is waited for: a Consul that was restarted would let us wait for long', async (t) => {
  const stub = await startConsulStub(t)
  const { clock, recorder } = follow(t, stub)
  await eventually(() => stub.questions.length === 1)
  stub.questions[0]?.answer([entry(8001)], 500)
  await eventually(() => recorder.answers.length === 1)
  clock.advance(1000)
  await eventually(() => stub.questions.length === 2)
  stub.questions[1]?.cut()
  await eventually(() => recorder.failures.length === 1)
  clock.advance(5000)
  await eventually(() => stub.questions.length === 3)
  stub.questions[2]?.answer([], 7)
  await eventually(() => recorder.answers.length === 2)
  t.equal(recorder.last?.refilling, true)
  t.strictSame(indexes(stub), [null, '500', null])
})

t.test('an agent that does not even answer late is given up, after the wait and what Consul adds to it', async (t) => {
  const stub = await startConsulStub(t)
  const { clock, recorder } = follow(t, stub)
  await eventually(() => stub.questions.length === 1)
  stub.questions[0]?.answer([entry(8001)], 5)
  await eventually(() => recorder.answers.length === 1)
  clock.advance(1000)
  await eventually(() => stub.questions.length === 2)
  clock.advance(55_000 * (1 + 1 / 16))
  t.equal(recorder.failures.length, 0)
  clock.advance(10_000)
  await eventually(() => recorder.failures.length === 1)
  t.match(recorder.failures[0]?.message, /no answer within 68437.5 ms/)
})

t.test('answers that are none are failures, with the words of Consul', async (t) => {
  const bodies: [unknown, number][] = [
    ['No cluster leader', 500],
    ['Permission denied', 403],
    ['<html>', 200],
    [{ not: 'a list' }, 200]
  ]
  const stub = await startConsulStub(t, (question) => {
    const [body, status] = bodies[stub.questions.length - 1] ?? [[], 200]
    question.answer(body, 5, status)
  })
  const { clock, recorder } = follow(t, stub)
  for (let i = 1; i <= bodies.length; i++) {
    await eventually(() => recorder.failures.length === i)
    clock.advance(5000)
  }
  await eventually(() => recorder.answers.length === 1)
  t.match(
    recorder.failures.map(({ message }) => message),
    [/500: No cluster leader/, /403: Permission denied/, /expected JSON/, /expected a list/]
  )
})

t.test('a refresh breaks off a question that waits and asks one that does not', async (t) => {
  const stub = await startConsulStub(t)
  const { clock, recorder, source } = follow(t, stub)
  await eventually(() => stub.questions.length === 1)
  stub.questions[0]?.answer([entry(8001)], 5)
  await eventually(() => recorder.answers.length === 1)
  clock.advance(1000)
  await eventually(() => stub.questions.length === 2)
  source.refresh()
  await eventually(() => {
    clock.advance(1)
    return stub.questions.length === 3
  })
  t.strictSame(indexes(stub), [null, '5', null])
  await eventually(() => stub.questions[1]?.gone === true)
  t.strictSame(recorder.failures, [], 'nobody failed')
})
