import t from 'tap'
import forwardAuth from '../../plugins/forward-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { eventually } from '../support/client.ts'
import { held, serviceThat } from '../support/outbound.ts'

const url = 'https://auth.example'
const alice = { headers: { authorization: 'Bearer alice' } }
const bob = { headers: { authorization: 'Bearer bob' } }

t.test('equal requests at the same time are one question, others are their own', async (t) => {
  const first = held()
  const second = held()
  const service = serviceThat((_request, count) => (count === 1 ? first.answer : second.answer))
  const bench = await testPlugin(forwardAuth, { url, responseHeaders: ['x-user'] }, { http: service.request })
  t.teardown(bench.close)
  const answers = [bench.inject(alice), bench.inject(alice), bench.inject(bob), bench.inject(alice)]
  await eventually(() => service.asked.length === 2)
  first.give({ headers: { 'x-user': 'alice' } })
  second.give({ headers: { 'x-user': 'bob' } })
  t.same(
    (await Promise.all(answers)).map((answer) => answer.json().headers['x-user']),
    ['alice', 'alice', 'bob', 'alice']
  )
  t.equal(service.asked.length, 2)
  await bench.inject(alice)
  t.equal(service.asked.length, 3, 'and once it is answered, the next one asks again')
})

t.test('an outage and a plain refusal are shared', async (t) => {
  for (const [said, status] of [
    [{ status: 500 }, 503],
    [{ status: 401 }, 401]
  ] as const) {
    const answer = held()
    const service = serviceThat(() => answer.answer)
    const bench = await testPlugin(forwardAuth, { url }, { http: service.request })
    t.teardown(bench.close)
    const answers = [bench.inject(alice), bench.inject(alice)]
    await eventually(() => service.asked.length === 1)
    answer.give(said)
    t.same(
      (await Promise.all(answers)).map(({ statusCode }) => statusCode),
      [status, status]
    )
    t.equal(service.asked.length, 1)
  }
})

t.test("two browsers that have not logged in do not share one login's secret", async (t) => {
  const answer = held()
  const service = serviceThat(async (_request, count) => {
    if (count === 1) await answer.answer
    return { status: 302, headers: { location: `https://login.example/?state=${count}` }, setCookies: [`state=${count}`] }
  })
  const bench = await testPlugin(forwardAuth, { url, passRedirects: true }, { http: service.request })
  t.teardown(bench.close)
  const answers = [bench.inject('/'), bench.inject('/')]
  await eventually(() => service.asked.length === 1)
  answer.give({})
  const cookies = (await Promise.all(answers)).map(({ headers }) => headers['set-cookie'])
  t.same(cookies, [['state=1'], ['state=2']])
})
