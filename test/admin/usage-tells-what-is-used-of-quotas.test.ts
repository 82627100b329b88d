import t from 'tap'
import { builtinPlugins } from '../../plugins/index.ts'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { compileText } from '../../src/config/compile-text.ts'
import { send } from '../support/client.ts'
import { compilePlan, document, startGateway, type TestGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

const KEYS = { alice: 'alice-has-a-long-key-0123456789', bob: 'bob-has-a-long-key-012345678901', carol: 'carol-has-a-long-key-0123456789' }

const documentOf = (origin: string, { limit = 3, ordersPlugins = '' } = {}) => `
consumers:
  - { name: alice, groups: [gold], apiKeys: ["${KEYS.alice}"] }
  - { name: bob, groups: [gold], apiKeys: ["${KEYS.bob}"] }
  - { name: carol, apiKeys: ["${KEYS.carol}"] }
plugins: { key-auth: {} }
upstreams: { origin: { endpoints: ["${origin}"] } }
routes:
  - name: orders
    match: { path: /orders }
    upstream: origin
    plugins:
      quota: { limit: ${limit}, per: day, name: calls, store: memory, overrides: { consumers: { bob: { limit: 50 } } } ${ordersPlugins} }
  - name: again
    match: { path: /again }
    upstream: origin
    plugins:
      quota: { limit: ${limit}, per: day, name: calls, store: memory, overrides: { consumers: { bob: { limit: 50 } } } }
  - name: shared
    match: { path: /shared }
    upstream: origin
    plugins:
      quota:
        store: memory
        dryRun: true
        quotas:
          - { name: groups, limit: 100, per: month, window: rolling, by: group, cost: 7 }
          - { name: own, limit: 1000, per: hour, by: route }
          - { name: tenants, limit: 10, per: hour, by: { header: x-tenant } }`

const sendAs = async ({ url }: TestGateway, path: string, consumer: keyof typeof KEYS): Promise<number> =>
  (await send(url + path, { headers: { 'x-api-key': KEYS[consumer] } })).status

const usage = async ({ adminUrl }: TestGateway, query = '') => (await send(`${adminUrl}/usage${query}`)).json()

async function start(t: Parameters<typeof startGateway>[0], at = '2027-05-30T20:00:00.400Z') {
  const origin = await startOrigin(t, (_request, response) => response.end())
  const clock = new FakeClock(1_000_000, Date.parse(at))
  return { origin, clock, gateway: await startGateway(t, documentOf(origin.url), { clock }) }
}

t.test('every quota is listed once for each consumer that it covers', async (t) => {
  const { gateway } = await start(t)
  await sendAs(gateway, '/orders', 'alice')
  await sendAs(gateway, '/again', 'alice')
  await sendAs(gateway, '/orders', 'bob')
  await sendAs(gateway, '/shared', 'bob')
  const calls = { quota: 'calls', by: 'consumer', period: 'day', window: 'calendar', store: 'memory' }
  const midnight = '2027-05-31T00:00:00.000Z'
  const alice = { ...calls, consumer: 'alice', limit: 3, used: 2, remaining: 1, resetsAt: midnight }
  const bob = { ...calls, consumer: 'bob', limit: 50, used: 1, remaining: 49, resetsAt: midnight }
  const carol = { ...calls, consumer: 'carol', limit: 3, used: 0, remaining: 3, resetsAt: null }
  const groups = { quota: 'groups', by: 'group', limit: 100, period: 'month', window: 'rolling', store: 'memory', dryRun: true }
  const hourly = { period: 'hour', window: 'calendar', store: 'memory', dryRun: true }
  const shared = [
    { ...groups, group: 'gold', used: 7, remaining: 93, resetsAt: '2027-06-29T20:00:00.000Z' },
    { ...groups, consumer: 'carol', used: 0, remaining: 100, resetsAt: null },
    { ...hourly, quota: 'own', route: 'shared', by: 'route', limit: 1000, used: 1, remaining: 999, resetsAt: '2027-05-30T21:00:00.000Z' },
    {
      ...hourly,
      quota: 'tenants',
      by: 'header x-tenant',
      limit: 10,
      used: null,
      remaining: null,
      resetsAt: null,
      unlisted: 'callers by header x-tenant are not known by name'
    }
  ]
  t.same(await usage(gateway), [alice, bob, carol, ...shared])
  t.same(await usage(gateway), [alice, bob, carol, ...shared], 'asking spends nothing')

  t.same(await usage(gateway, '?quota=calls'), [alice, bob, carol])
  t.same(await usage(gateway, '?quota=calls&consumer=bob'), [bob])
  t.same(await usage(gateway, '?consumer=alice'), [alice, shared[0], shared[2], shared[3]], 'with the counts that it shares')
  for (const [query, status, error] of [
    ['?consumer=dora', 404, 'there is no consumer dora in the configuration'],
    ['?quota=none', 404, 'there is no quota none'],
    ['?consumer=alice&consumer=bob', 400, 'expected at most one consumer and one quota']
  ] as const) {
    const answer = await send(`${gateway.adminUrl}/usage${query}`)
    t.same([answer.status, answer.json()], [status, { error }])
  }
})

t.test('a lowered quota tells that more is used than it is, and the next period begins with nothing', async (t) => {
  const { origin, clock, gateway } = await start(t)
  for (let i = 0; i < 3; i++) t.equal(await sendAs(gateway, '/orders', 'alice'), 200)
  t.equal(await sendAs(gateway, '/again', 'alice'), 429)
  t.equal((await gateway.gateway.reload(compilePlan(document(documentOf(origin.url, { limit: 2 }))))).result, 'applied')
  t.match(await usage(gateway, '?quota=calls&consumer=alice'), [{ limit: 2, used: 3, remaining: 0 }])
  t.equal(await sendAs(gateway, '/orders', 'alice'), 429)
  clock.advance(Date.parse('2027-05-31T00:00:00Z') - clock.wall())
  t.match(await usage(gateway, '?quota=calls&consumer=alice'), [{ used: 0, remaining: 2, resetsAt: null }])
  t.equal(await sendAs(gateway, '/orders', 'alice'), 200)
})

t.test('quotas of one name with other amounts are listed apart, and said in the log', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end())
  const last = `
  - name: last
    match: { path: /last }
    upstream: origin
    plugins:
      quota: { limit: 3, per: day, name: calls, store: memory, overrides: { consumers: { bob: { limit: 50 } } } }`
  const text = documentOf(origin.url).replace('limit: 3, per: day', 'limit: 9, per: day') + last
  const gateway = await startGateway(t, text)
  await sendAs(gateway, '/again', 'carol')
  t.match(await usage(gateway, '?quota=calls&consumer=carol'), [
    { limit: 9, used: 1 },
    { limit: 3, used: 1 }
  ])
  t.same(
    gateway.log.filter(({ quota }) => quota === 'calls').map(({ route, msg }) => [route, msg]),
    [['again', 'a quota shares its count with one of the same name that has other amounts']],
    'not again for a route with amounts that were said'
  )
})

t.test('without quotas there is nothing to list', async (t) => {
  const gateway = await startGateway(t, '')
  t.same(await usage(gateway), [])
})

t.test('the memory warning reaches the operator who checks a document', async (t) => {
  const text = document(documentOf('http://127.0.0.1:1').replaceAll('store: memory,', ''))
  const { issues } = compileText({ file: 'gateway.yaml', text, env: {}, readFile: () => '', builtins: builtinPlugins })
  t.match(
    issues.map(({ message }) => message),
    [/lost at a restart/, /lost at a restart/]
  )
})
