import t from 'tap'
import { compileRouter } from '../../src/routing/router.ts'
import type { RouteFacts } from '../../src/routing/types.ts'
import { routesOf } from './kit.ts'

t.test('headers, query and host are read only when a candidate asks for them', async (t) => {
  const read: string[] = []
  const facts: RouteFacts = {
    get host() {
      read.push('host')
      return ''
    },
    method: 'GET',
    path: '/plain',
    get query() {
      read.push('query')
      return ''
    },
    header(name) {
      read.push(name)
      return undefined
    }
  }
  const tested = routesOf('/plain', { path: '/tested', headers: [{ kind: 'present', name: 'x' }], query: [{ kind: 'present', name: 'q' }] })
  t.equal(compileRouter(tested).match(facts).kind, 'route')
  t.strictSame(read, [])
})
