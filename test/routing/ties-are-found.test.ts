import t from 'tap'
import { findConflicts } from '../../src/routing/conflicts.ts'
import type { FieldTest } from '../../src/routing/types.ts'
import { type RouteInput, routesOf } from './kit.ts'

function kinds(...inputs: ReadonlyArray<string | RouteInput>): readonly string[] {
  return findConflicts(routesOf(...inputs)).map(({ kind }) => kind)
}

function version(value: string): FieldTest {
  return { kind: 'equals', name: 'x-version', value }
}

t.test('two patterns of the same shape tie, with an example', async (t) => {
  t.match(findConflicts(routesOf('/users/:id', '/users/:name')), [
    {
      kind: 'tie',
      route: 1,
      other: 0,
      example: { method: 'GET', host: '', path: '/users/x', query: {}, headers: {} }
    }
  ])
})

t.test('the leftmost literal decides, so these do not tie', async (t) => {
  t.strictSame(kinds('/a/:x', '/:y/b'), [])
})

t.test('other methods, hosts, priorities or values are no tie', async (t) => {
  t.strictSame(kinds({ path: '/a', methods: ['GET'] }, { path: '/a', methods: ['POST'] }, '/a'), [])
  t.strictSame(kinds({ path: '/a', hosts: ['x.test'] }, { path: '/a', hosts: ['*.test'] }, '/a'), [])
  t.strictSame(kinds({ path: '/a', headers: [version('1')] }, { path: '/a', headers: [version('2')] }), [])
  t.strictSame(kinds({ path: '/a', query: [version('1')] }, { path: '/a', query: [version('2')] }), [])
  t.strictSame(kinds({ path: '/a', headers: [{ kind: 'present', name: 'x' }] }, { path: '/a', headers: [{ kind: 'absent', name: 'x' }] }), [])
  t.strictSame(kinds({ path: '/a', headers: [version('1')] }, { path: '/a', headers: [{ kind: 'regex', name: 'x-version', source: '[2-9]' }] }), [])
})

t.test('tests that one request can pass together tie, and the example passes them', async (t) => {
  t.match(
    findConflicts(
      routesOf(
        { name: 'a', path: '/a', methods: ['POST'], headers: [version('1')] },
        { name: 'b', path: '/a', methods: ['PUT', 'POST'], headers: [{ kind: 'regex', name: 'X-Tenant', source: 't[5-9]' }] }
      )
    ),
    [{ kind: 'tie', example: { method: 'POST', headers: { 'x-version': '1', 'x-tenant': 't5' } } }]
  )
})

t.test('regexes tie when some path matches both', async (t) => {
  t.match(findConflicts(routesOf({ regex: '/u/[0-9a]+' }, { regex: '/u/[a-z]+' })), [{ kind: 'tie', example: { path: '/u/a' } }])
  t.strictSame(kinds({ regex: '/u/[0-9]+' }, { regex: '/u/[a-z]+' }), [])
  t.strictSame(kinds({ regex: '/u/[0-9]+' }, { regex: '/u/x[0-9]+' }), [])
})

t.test('regexes that cannot be told apart are reported without an example', async (t) => {
  const [tie] = findConflicts(routesOf({ regex: '/(?!a).' }, { regex: '/(?!b)(?=a).' }))
  t.match(tie, { kind: 'tie', reason: /cannot be excluded/ })
  t.equal(tie?.example, undefined)
})
