import t from 'tap'
import { explainMatch } from '../../src/routing/explain.ts'
import { factsOf, routesOf } from './kit.ts'

t.test('every route is listed in rank order with the reasons', async (t) => {
  const routes = routesOf(
    '/*',
    { name: 'v2', path: '/orders/:id', methods: ['GET'], headers: [{ kind: 'equals', name: 'x-version', value: '2' }] },
    { name: 'orders', path: '/orders/:id', methods: ['GET'] },
    { name: 'elsewhere', path: '/x', hosts: ['*.other.test'], methods: ['PUT'], query: [{ kind: 'present', name: 'q' }] }
  )
  const { result, considered } = explainMatch(routes, factsOf('/orders/7', { host: 'shop.test', method: 'HEAD' }))
  t.match(result, { kind: 'route', id: 2 })
  t.strictSame(
    considered.map(({ name, verdict }) => [name, verdict]),
    [
      ['elsewhere', 'failed'],
      ['v2', 'failed'],
      ['orders', 'selected'],
      ['/*', 'outranked']
    ]
  )
  t.strictSame(considered[0]?.checks, [
    { subject: 'host', ok: false, detail: 'wants *.other.test, not "shop.test"' },
    { subject: 'path', ok: false, detail: '"/orders/7" does not match /x' },
    { subject: 'method', ok: false, detail: 'wants PUT, not HEAD' },
    { subject: 'query q', ok: false, detail: 'must be present; it is absent' }
  ])
  t.strictSame(considered[1]?.checks.at(-1), { subject: 'header x-version', ok: false, detail: 'must be "2"; it is absent' })
  t.strictSame(considered[2]?.checks[2], { subject: 'method', ok: true, detail: 'HEAD is served by GET' })
})

t.test('a refused spelling names the route that would have had it', async (t) => {
  const { result, considered } = explainMatch(routesOf('/*', '/admin/*'), factsOf('/ADMIN/x'))
  t.strictSame(result, { kind: 'ambiguous', id: 1 })
  t.strictSame(
    considered.map(({ name, verdict }) => [name, verdict]),
    [
      ['/admin/*', 'failed'],
      ['/*', 'refused']
    ]
  )
})
