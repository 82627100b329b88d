import assert from 'node:assert/strict'
import fc from '../support/property.ts'
import t from 'tap'
import { compileRouter } from '../../src/routing/router.ts'
import { many, request, requestFacts, routeSet } from './kit-arbitrary.ts'

t.test('the matched route does not depend on the order of the routes', async () => {
  const shuffled = routeSet.chain((routes) => fc.tuple(fc.constant(routes), fc.shuffledSubarray([...routes], { minLength: routes.length })))
  fc.assert(
    fc.property(shuffled, request, ([routes, reordered], input) => {
      const facts = requestFacts(input)
      assert.deepEqual(compileRouter(reordered).match(facts), compileRouter(routes).match(facts))
    }),
    many
  )
})
