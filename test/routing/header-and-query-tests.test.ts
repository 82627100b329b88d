import t from 'tap'
import type { FieldTest } from '../../src/routing/types.ts'
import { routesOf } from './kit.ts'
import { routeFor } from './kit-match.ts'

const name = 'x-version'

function withHeader(test: FieldTest, headers: Record<string, string>): boolean {
  return routeFor(routesOf({ name: 'route', headers: [test] }), '/', { headers }) === 'route'
}

function withQuery(test: FieldTest, query: string): boolean {
  return routeFor(routesOf({ name: 'route', query: [test] }), '/', { query }) === 'route'
}

t.test('a header equals, is present, is absent, or matches a regex as a whole', async (t) => {
  t.ok(withHeader({ kind: 'equals', name, value: '2' }, { [name]: '2' }))
  t.notOk(withHeader({ kind: 'equals', name, value: '2' }, { [name]: '22' }))
  t.notOk(withHeader({ kind: 'equals', name, value: '2' }, {}))
  t.ok(withHeader({ kind: 'present', name }, { [name]: '' }))
  t.notOk(withHeader({ kind: 'present', name }, {}))
  t.ok(withHeader({ kind: 'absent', name }, {}))
  t.notOk(withHeader({ kind: 'absent', name }, { [name]: '' }))
  t.ok(withHeader({ kind: 'regex', name, source: 'v[0-9]+' }, { [name]: 'v12' }))
  t.notOk(withHeader({ kind: 'regex', name, source: 'v[0-9]+' }, { [name]: 'v12-beta' }))
})

t.test('a header is found whatever the letter case of its name in the configuration', async (t) => {
  t.ok(withHeader({ kind: 'equals', name: 'X-Version', value: '2' }, { [name]: '2' }))
})

t.test('names and values of the query are decoded as those of a form', async (t) => {
  t.ok(withQuery({ kind: 'equals', name: 'q', value: 'a b&c' }, 'q=a+b%26c'))
  t.ok(withQuery({ kind: 'equals', name: 'a[b]', value: '1' }, 'a%5Bb%5D=1'))
  t.ok(withQuery({ kind: 'present', name: 'flag' }, 'x=1&flag'))
  t.ok(withQuery({ kind: 'present', name: '?x' }, '?x=1'))
  t.notOk(withQuery({ kind: 'present', name: 'flag' }, 'FLAG=1'))
  t.ok(withQuery({ kind: 'present', name: 'q' }, 'q=%zz'), 'a broken escape is not an error')
})

t.test('of a repeated query name the first value counts', async (t) => {
  t.ok(withQuery({ kind: 'equals', name: 'v', value: '1' }, 'v=1&v=2'))
  t.notOk(withQuery({ kind: 'equals', name: 'v', value: '2' }, 'v=1&v=2'))
})

t.test('more header tests go before more query tests, and both before none', async (t) => {
  const headers: readonly FieldTest[] = [{ kind: 'present', name }]
  const query: readonly FieldTest[] = [
    { kind: 'present', name: 'q' },
    { kind: 'present', name: 'r' }
  ]
  const routes = routesOf({ name: 'none', priority: 9 }, { name: 'query', query, priority: 5 }, { name: 'headers', headers })
  t.equal(routeFor(routes, '/', { headers: { [name]: '1' }, query: 'q&r' }), 'headers')
  t.equal(routeFor(routes, '/', { query: 'q&r' }), 'query')
  t.equal(routeFor(routes, '/', { query: 'q' }), 'none')
})
