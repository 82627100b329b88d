import t from 'tap'
import requestId from '../../plugins/request-id/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'

async function bench(t: { teardown(run: () => Promise<void>): void }, config: object = {}) {
  const made = await testPlugin(requestId, config)
  t.teardown(made.close)
  return made
}

t.test('the id goes upstream and back to the client', async (t) => {
  const { inject } = await bench(t)
  const answer = await inject('/')
  const { headers, gateway } = answer.json()
  t.match(gateway.id, /^[0-9a-f]{32}$/)
  t.equal(headers['x-request-id'], gateway.id)
  t.equal(answer.headers['x-request-id'], gateway.id)
})

t.test("the client's id is replaced unless it is trusted", async (t) => {
  const sent = { headers: { 'x-request-id': 'from-the-client' } }
  t.not((await (await bench(t)).inject(sent)).json().headers['x-request-id'], 'from-the-client')
  const trusting = await (await bench(t, { trustIncoming: true })).inject(sent)
  t.equal(trusting.json().headers['x-request-id'], 'from-the-client')
  t.equal(trusting.json().gateway.id, 'from-the-client')
  t.equal(trusting.headers['x-request-id'], 'from-the-client')
})

t.test('a trusted id must be well formed', async (t) => {
  const { inject } = await bench(t, { trustIncoming: true })
  for (const id of ['', 'a b', 'a"b', 'a,b', 'x'.repeat(129), 'a\u00e9']) {
    t.match((await inject({ headers: { 'x-request-id': id } })).json().gateway.id, /^[0-9a-f]{32}$/, JSON.stringify(id))
  }
  t.equal((await inject({ headers: { 'x-request-id': 'x'.repeat(128) } })).json().gateway.id, 'x'.repeat(128))
})

t.test('the field has the configured name', async (t) => {
  const { inject } = await bench(t, { header: 'X-Correlation-Id' })
  const answer = await inject('/')
  t.equal(answer.headers['x-correlation-id'], answer.json().headers['x-correlation-id'])
  t.notOk('x-request-id' in answer.headers)
})
