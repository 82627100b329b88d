import t from 'tap'
import introspection from '../../plugins/introspection/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { eventually } from '../support/client.ts'
import { held, serviceThat } from '../support/outbound.ts'

const config = { url: 'https://id.example/introspect', bearer: 'gateway-token', cache: '0s', negativeCache: '0s' }
const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

t.test('requests with one token at the same time are one question', async (t) => {
  for (const [said, status] of [
    [{ body: { active: true } }, 200],
    [{ body: { active: false } }, 401],
    [{ status: 500 }, 503]
  ] as const) {
    const answer = held()
    const service = serviceThat(({ body }) => (String(body).includes('other') ? { body: { active: true } } : answer.answer))
    const bench = await testPlugin(introspection, config, { http: service.request })
    t.teardown(bench.close)
    const answers = [bench.inject(as('one')), bench.inject(as('one')), bench.inject(as('other')), bench.inject(as('one'))]
    await eventually(() => service.asked.length === 2)
    answer.give(said)
    t.same(
      (await Promise.all(answers)).map(({ statusCode }) => statusCode),
      [status, status, 200, status]
    )
    t.equal(service.asked.length, 2)
    await bench.inject(as('one'))
    t.equal(service.asked.length, 3, 'and once it is answered, the next one asks again')
  }
})
