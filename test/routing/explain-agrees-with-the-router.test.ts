import assert from 'node:assert/strict'
import fc from '../support/property.ts'
import t from 'tap'
import { explainMatch } from '../../src/routing/explain.ts'
import { compileRouter } from '../../src/routing/router.ts'
import { many, request, requestFacts, routeSet } from './kit-arbitrary.ts'

t.test('the explanation selects the route that the router selects, and calls every other one outranked or failed', async () => {
  fc.assert(
    fc.property(routeSet, request, (routes, input) => {
      const facts = requestFacts(input)
      const { result, considered } = explainMatch(routes, facts)
      assert.deepEqual(result, compileRouter(routes).match(facts))
      const selected = considered.filter(({ verdict }) => verdict === 'selected').map(({ id }) => id)
      assert.deepEqual(selected, result.kind === 'route' ? [result.id] : [])
      assert.equal(considered.filter(({ verdict }) => verdict === 'refused').length, result.kind === 'ambiguous' ? 1 : 0)
      assert.equal(considered.length, routes.length)
    }),
    many
  )
})
