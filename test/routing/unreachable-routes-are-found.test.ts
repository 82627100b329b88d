import t from 'tap'
import { findConflicts } from '../../src/routing/conflicts.ts'
import { type RouteInput, routesOf } from './kit.ts'

function unreachable(...inputs: ReadonlyArray<string | RouteInput>): readonly number[] {
  return findConflicts(routesOf(...inputs)).flatMap(({ kind, route }) => (kind === 'unreachable' ? [route] : []))
}

t.test('a route whose every request goes to one of higher priority is unreachable', async (t) => {
  t.strictSame(unreachable('/a', { path: '/a', name: 'b', priority: 1 }), [0])
  t.strictSame(unreachable({ path: '/a', methods: ['GET'] }, { path: '/a', name: 'b', methods: ['GET', 'POST'], priority: 1 }), [0])
  t.strictSame(
    unreachable(
      { path: '/a', headers: [{ kind: 'equals', name: 'x', value: '1' }] },
      { path: '/a', name: 'b', headers: [{ kind: 'present', name: 'X' }], priority: 1 }
    ),
    [0]
  )
})

t.test('a route that keeps some request is not', async (t) => {
  t.strictSame(unreachable({ path: '/a', methods: ['GET', 'PUT'] }, { path: '/a', methods: ['GET', 'POST'], priority: 1 }), [])
  t.strictSame(unreachable('/a', { path: '/a', methods: ['GET'], priority: 1 }), [])
  t.strictSame(unreachable({ path: '/a', hosts: ['x.test', 'y.test'] }, { path: '/a', hosts: ['x.test'], priority: 1 }), [])
  t.strictSame(unreachable('/a', { path: '/*', priority: 1 }), [])
})

t.test('a regex within one segment is unreachable next to a parameter in its place', async (t) => {
  t.strictSame(unreachable({ regex: '/users/[0-9]+' }, '/users/:id'), [0])
  t.strictSame(unreachable({ regex: '/users/[0-9]+/?' }, '/users/:id'), [])
  t.strictSame(unreachable({ regex: '/users/[0-9]+' }, { path: '/users/:id', methods: ['GET'] }), [])
})
