import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { type ConsulStub, entry, startConsulStub } from '../support/consul-stub.ts'
import { compilePlan, document, startGateway, type Teardown } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { describe, ordersDocument, startDiscovering, untilEndpoints } from './gateway-kit.ts'

/** A Consul that knows one instance and lets every waiting question wait. */
async function startWaiting(t: Teardown, port: number): Promise<ConsulStub> {
  return startConsulStub(t, (question) => {
    if (!question.query.has('index')) question.answer([entry(port)], 5)
  })
}

const served = (t: Teardown, text = 'served') => startOrigin(t, (_request, response) => void response.end(text))

t.test('a reload that does not touch discovery asks nothing again and keeps every connection', async (t) => {
  const origin = await served(t)
  const stub = await startWaiting(t, origin.port)
  const gateway = await startDiscovering(t, stub.url)
  await untilEndpoints(gateway, [origin])
  await send(gateway.url)
  await eventually(() => stub.questions.length === 2)
  for (let i = 1; i <= 3; i++) {
    t.equal((await gateway.gateway.reload(compilePlan(ordersDocument(stub.url, '', `, timeouts: { total: ${i}s }`)))).result, 'applied')
    t.equal((await send(gateway.url)).text, 'served')
  }
  t.equal(stub.questions.length, 2)
  t.equal(stub.questions[1]?.gone, false, 'the question that waited still does')
  t.equal(origin.accepted, 1)
})

t.test('upstreams that ask for the same share one watch, those that do not have their own', async (t) => {
  const origin = await served(t)
  const stub = await startWaiting(t, origin.port)
  const upstream = (name: string, more = '') => `  ${name}: { discovery: { consul: { service: orders${more} } } }`
  const route = (name: string) => `  - { name: ${name}, match: { path: /${name} }, upstream: ${name} }`
  const gateway = await startGateway(
    t,
    `discovery: { consul: { address: "${stub.url}" } }
upstreams:
${upstream('a')}
${upstream('b')}
${upstream('c', ', tags: [v2]')}
routes:
${['a', 'b', 'c'].map(route).join('\n')}`
  )
  await eventually(async () => (await send(`${gateway.adminUrl}/readyz`)).status === 200)
  for (const path of ['/a', '/b']) t.equal((await send(gateway.url + path)).text, 'served')
  await eventually(() => stub.questions.length === 4)
  t.equal(stub.questions.filter(({ query }) => query.has('tag')).length, 2)
  t.equal(origin.accepted, 2, 'but their connections are their own')
})

t.test('an upstream that is gone is followed no more', async (t) => {
  const origin = await served(t)
  const stub = await startWaiting(t, origin.port)
  const gateway = await startDiscovering(t, stub.url)
  await untilEndpoints(gateway, [origin])
  await eventually(() => stub.questions.length === 2)
  const plain = document(`upstreams: { orders: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: "/*" }, upstream: orders }]`)
  t.equal((await gateway.gateway.reload(compilePlan(plain))).result, 'applied')
  await eventually(() => stub.questions[1]?.gone === true)
  t.equal((await send(gateway.url)).text, 'served')
  t.strictSame(
    gateway.gateway.stateKeys.filter((key) => key.startsWith('discovery') || key.startsWith('provider')),
    []
  )
})

t.test('a reload waits for the first answer about a service that is new', async (t) => {
  const origin = await served(t)
  const stub = await startConsulStub(t)
  const gateway = await startGateway(
    t,
    `upstreams: { orders: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: "/*" }, upstream: orders }]`
  )
  const reload = gateway.gateway.reload(compilePlan(ordersDocument(stub.url)))
  await eventually(() => stub.questions.length === 1)
  t.equal((await send(gateway.url)).text, 'served', 'meanwhile the old one serves')
  stub.questions[0]?.answer([entry(origin.port)], 5)
  t.equal((await reload).result, 'applied')
  t.equal((await send(gateway.url)).text, 'served')
})

t.test('an upstream that moves to a registry that is away keeps the endpoints it had', async (t) => {
  const [old, next] = [await served(t, 'old'), await served(t, 'next')]
  let isUp = false
  const stub = await startConsulStub(t, (question) => {
    if (!isUp) question.cut()
    else if (!question.query.has('index')) question.answer([entry(next.port)], 5)
  })
  const gateway = await startGateway(
    t,
    `upstreams: { orders: { endpoints: ["${old.url}"] } }
routes: [{ name: all, match: { path: "/*" }, upstream: orders }]`
  )
  t.equal((await gateway.gateway.reload(compilePlan(ordersDocument(stub.url)))).result, 'applied')
  for (let i = 0; i < 3; i++) t.match(await send(gateway.url), { status: 200, text: 'old' })
  t.equal((await send(`${gateway.adminUrl}/readyz`)).status, 503, 'but it says that it waits')
  isUp = true
  await untilEndpoints(gateway, [next], 10_000)
  t.match(await send(gateway.url), { status: 200, text: 'next' })
  await eventually(() => old.connections === 0)
})

t.test('other settings of the registry begin with what was known before', async (t) => {
  const origin = await served(t)
  const stub = await startWaiting(t, origin.port)
  const gateway = await startDiscovering(t, stub.url)
  await untilEndpoints(gateway, [origin])
  t.equal((await gateway.gateway.reload(compilePlan(ordersDocument('http://127.0.0.1:1')))).result, 'applied')
  t.match(await send(gateway.url), { status: 200, text: 'served' })
  await eventually(async () => (await describe(gateway)).discovery.stale)
  t.match((await describe(gateway)).endpoints, [{ url: origin.url, restored: true }])
})

t.test('rules that change take effect on watches that stay', async (t) => {
  const origin = await served(t)
  const stub = await startWaiting(t, origin.port)
  const gateway = await startDiscovering(t, stub.url)
  await untilEndpoints(gateway, [origin])
  await eventually(() => stub.questions.length === 2)
  await gateway.gateway.reload(compilePlan(ordersDocument(stub.url, ', emptyGrace: 0s')))
  stub.questions[1]?.answer([], 6)
  await untilEndpoints(gateway, [])
  t.equal((await send(gateway.url)).status, 503)
})
