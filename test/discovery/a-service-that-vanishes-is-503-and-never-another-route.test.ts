import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { entry, startConsulStub, type ConsulQuestion } from '../support/consul-stub.ts'
import { startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

t.test('an upstream without endpoints keeps its route: 503, not what a wider route would say', async (t) => {
  const wide = await startOrigin(t, (_request, response) => void response.end('the wide route'))
  const stub = await startConsulStub(t, (question: ConsulQuestion) => {
    if (!question.query.has('index')) question.answer([], 5)
  })
  const gateway = await startGateway(
    t,
    `discovery: { emptyGrace: 0s, consul: { address: "${stub.url}" } }
upstreams:
  admin: { discovery: { consul: { service: admin } } }
  wide: { endpoints: ["${wide.url}"] }
routes:
  - { name: admin, match: { path: "/admin/*" }, upstream: admin }
  - { name: wide, match: { path: "/*" }, upstream: wide }`
  )
  await eventually(async () => (await send(`${gateway.adminUrl}/readyz`)).status === 200)
  t.match((await send(`${gateway.url}/admin/users`)).json(), { status: 503, code: 'SP_NO_ENDPOINTS' })
  t.equal((await send(`${gateway.url}/other`)).text, 'the wide route')
})

t.test('a malformed entry of one service costs neither its others nor other services anything', async (t) => {
  const [orders, users] = [
    await startOrigin(t, (_r, response) => void response.end('orders')),
    await startOrigin(t, (_r, response) => void response.end('users'))
  ]
  const lists: Record<string, unknown[]> = { orders: [entry(orders.port), entry(0), 'nonsense'], users: [entry(users.port)] }
  const stub = await startConsulStub(t, (question) => {
    if (!question.query.has('index')) question.answer(lists[question.service] ?? [], 5)
  })
  const gateway = await startGateway(
    t,
    `discovery: { consul: { address: "${stub.url}" } }
upstreams:
  orders: { discovery: { consul: { service: orders } } }
  users: { discovery: { consul: { service: users } } }
routes:
  - { name: orders, match: { path: "/orders" }, upstream: orders }
  - { name: users, match: { path: "/users" }, upstream: users }`
  )
  await eventually(async () => (await send(`${gateway.adminUrl}/readyz`)).status === 200)
  t.equal((await send(`${gateway.url}/orders`)).text, 'orders')
  t.equal((await send(`${gateway.url}/users`)).text, 'users')
  const described = (await send(`${gateway.adminUrl}/upstreams`)).json() as { name: string; discovery: { skipped?: unknown[] } }[]
  t.equal(described.find(({ name }) => name === 'orders')?.discovery.skipped?.length, 2)
  t.equal(described.find(({ name }) => name === 'users')?.discovery.skipped, undefined)
  t.equal(gateway.log.filter((line) => line['msg'] === 'an entry of the registry cannot be used').length, 2)
})
