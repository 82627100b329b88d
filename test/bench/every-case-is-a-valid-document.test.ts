import t from 'tap'
import { CASES } from '../../bench/cases/index.ts'
import { PUBLIC_KEY } from '../../bench/cases/tokens.ts'
import { sallyportDocument } from '../../bench/contestants/sallyport-document.ts'
import type { Setup } from '../../bench/contestants/types.ts'
import { compilePlan } from '../support/gateway.ts'

function setupOf({ routes, upstreams }: Pick<Setup, 'routes' | 'upstreams'>): Setup {
  const origins = ['127.0.0.1:3001', '127.0.0.1:3002']
  const publicKey = PUBLIC_KEY.toString()
  // As in the large cases, but not as many: compiling thousands of them is another test's business.
  const some = routes.slice(0, 40)
  const count = Math.min(upstreams, 20)
  return {
    folder: '/nowhere',
    port: 8080,
    adminPort: 8081,
    origins,
    upstreams: count,
    routes: some.map((route) => ({ ...route, upstream: route.upstream % count })),
    tls: null,
    websocket: false,
    publicKey,
    redisUrl: 'redis://127.0.0.1:6379'
  }
}

t.test('what the gateway is given in each case is a valid document, bare and with its chains', (t) => {
  for (const item of CASES) {
    const setup = setupOf(item)
    const bare = compilePlan(sallyportDocument(setup, 'bare'))
    t.equal(bare.routes.length, setup.routes.length, item.name)
    t.ok(bare.routes.every(({ plugins }) => plugins.length === 0))
    for (const chain of ['standard', 'redis'] as const) {
      const plan = compilePlan(sallyportDocument(setup, chain))
      t.strictSame(
        plan.routes[0]?.plugins.map(({ definition }) => definition.name),
        ['request-id', 'jwt', 'rate-limit']
      )
      t.ok(plan.upstreams.every(({ healthCheck, breaker }) => healthCheck !== null && breaker !== null))
      t.equal(plan.log.access, true)
    }
  }
  const [get] = CASES
  t.equal(
    compilePlan(sallyportDocument(setupOf(get as Setup & (typeof CASES)[number]), 'bare')).upstreams[0]?.endpoints.length,
    2,
    'both ports of the origin are used'
  )
  t.end()
})

t.test('the columns of each case have names of their own, and the chart is one of them', (t) => {
  for (const { name, columns, chart } of CASES) {
    t.equal(new Set(columns.map(({ title }) => title)).size, columns.length, name)
    t.ok(
      columns.some(({ key, of }) => key === chart && of === undefined),
      name
    )
  }
  t.equal(new Set(CASES.map(({ name }) => name)).size, CASES.length)
  t.end()
})
