import t, { type Test } from 'tap'
import { noFaults } from '../../samples/kit/fault-settings.ts'
import { buildUsersApp } from '../../samples/users/app.ts'
import { get, listen, send, serviceOptions } from './shop.ts'

const bearer = { authorization: 'Bearer try-me' }

/** Luck that every error rate above 0 meets. */
async function startUsers(t: Test, token: string | null, initial = noFaults): Promise<string> {
  return listen(t, buildUsersApp(serviceOptions({ faults: { initial, token, random: () => 0, delay: async () => {} } })))
}

t.test('without a token in the settings there is no such endpoint', async (t) => {
  const users = await startUsers(t, null, { ...noFaults, errorRate: 1 })
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const { status, body } = await send(method, `${users}/_faults`, method === 'PUT' ? {} : undefined, bearer)
    t.same([status, body.detail], [404, `There is no ${method} /_faults`])
  }
  t.equal((await get(`${users}/users`)).status, 503)
})

t.test('who does not know the token is refused, and changes nothing', async (t) => {
  const users = await startUsers(t, 'try-me')
  const wrong: Record<string, string>[] = [
    {},
    { authorization: 'Bearer try-m' },
    { authorization: 'Bearer' },
    { authorization: 'Basic try-me' },
    { authorization: 'Bearer try-me x' }
  ]
  for (const headers of wrong) {
    for (const [method, body] of [['GET'], ['PUT', { hangRate: 'x' }], ['PUT', { hangRate: 1 }], ['DELETE']] as const) {
      const answer = await send(method, `${users}/_faults`, body, headers)
      t.equal(answer.status, 401, `${method} ${headers['authorization']}`)
      t.equal(answer.headers.get('www-authenticate'), 'Bearer')
      t.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
    }
  }
  t.same((await get(`${users}/_faults`, { authorization: 'bearer  try-me' })).body, noFaults, 'the scheme is of any case')
})

t.test('PUT replaces all faults, DELETE takes them away, and the endpoint itself never fails', async (t) => {
  const users = await startUsers(t, 'try-me', { ...noFaults, latencyMs: 10, seed: 1 })
  t.equal((await get(`${users}/users`)).status, 200)
  const faults = { errorRate: 1, errorStatus: 500, retryAfterSeconds: 3, health: true, seed: 7 }
  const put = await send('PUT', `${users}/_faults`, faults, bearer)
  t.equal(put.status, 200)
  t.same(put.body, { ...noFaults, ...faults }, 'what was not given is as without faults')
  t.same((await get(`${users}/_faults`, bearer)).body, put.body)
  t.equal((await get(`${users}/users`)).status, 500)
  t.equal((await get(`${users}/health`)).status, 500)
  const cleared = await send('DELETE', `${users}/_faults`, undefined, bearer)
  t.same([cleared.status, cleared.body], [200, noFaults])
  t.equal((await get(`${users}/users`)).status, 200)
  t.same((await send('PUT', `${users}/_faults`, {}, bearer)).body, noFaults)
})

t.test('a seed begins its sequence anew with every PUT', async (t) => {
  const users = await startUsers(t, 'try-me')
  const run = async (): Promise<number[]> => {
    await send('PUT', `${users}/_faults`, { errorRate: 0.5, seed: 42 }, bearer)
    const statuses: number[] = []
    for (let n = 0; n < 20; n++) statuses.push((await get(`${users}/users`)).status)
    return statuses
  }
  const first = await run()
  t.ok(first.includes(200) && first.includes(503))
  t.same(await run(), first)
})

t.test('a value that cannot be used is named, and the faults stay as they were', async (t) => {
  const users = await startUsers(t, 'try-me', { ...noFaults, latencyMs: 10 })
  const wrong: [Record<string, unknown>, string][] = [
    [{ latencyMs: 60_001 }, '/latencyMs'],
    [{ latencyMs: '200' }, '/latencyMs'],
    [{ latencyMs: 0.5 }, '/latencyMs'],
    [{ jitterMs: -1 }, '/jitterMs'],
    [{ latencyMs: 10, jitterMs: 11 }, '/jitterMs'],
    [{ errorRate: 20 }, '/errorRate'],
    [{ errorRate: null }, '/errorRate'],
    [{ errorRate: 0.5, resetRate: 0.3, hangRate: 0.3 }, '/errorRate'],
    [{ errorStatus: 200 }, '/errorStatus'],
    [{ errorStatus: 600 }, '/errorStatus'],
    [{ retryAfterSeconds: -1 }, '/retryAfterSeconds'],
    [{ resetRate: 1.1 }, '/resetRate'],
    [{ hangRate: -0.1 }, '/hangRate'],
    [{ health: 1 }, '/health'],
    [{ seed: 2 ** 32 }, '/seed'],
    [{ errors: 0.2 }, '/errors']
  ]
  for (const [body, path] of wrong) {
    const answer = await send('PUT', `${users}/_faults`, body, bearer)
    t.equal(answer.status, 400, JSON.stringify(body))
    t.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
    t.match(answer.body, { title: 'Invalid request', errors: [{ in: 'body', path, message: String }] })
    t.equal(answer.body.errors.length, 1)
  }
  t.equal((await send('PUT', `${users}/_faults`, undefined, bearer)).status, 400, 'no body is no wish')
  t.same((await get(`${users}/_faults`, bearer)).body, { ...noFaults, latencyMs: 10 })
})
