import t from 'tap'
import { compileRouter } from '../../src/routing/router.ts'
import { routesOf } from './kit.ts'

t.test('a route that validation should have refused throws instead of matching something else', async (t) => {
  t.throws(() => compileRouter(routesOf('no-slash')), /starts with/)
  t.throws(() => compileRouter(routesOf({ hosts: ['a:80'] })), /no port/)
  t.throws(() => compileRouter(routesOf({ regex: '(' })), SyntaxError)
})

t.test('a router without routes finds nothing', async (t) => {
  t.strictSame(compileRouter([]).match({ host: '', method: 'GET', path: '/', query: '', header: () => undefined }), { kind: 'not-found' })
})
