import assert from 'node:assert/strict'
import fc from '../support/property.ts'
import t from 'tap'
import { compileRouter } from '../../src/routing/router.ts'
import { many, request, requestFacts, routeSet } from './kit-arbitrary.ts'
import { modelMatch } from './kit-model.ts'

function plain(result: ReturnType<typeof modelMatch>): unknown {
  return result.kind === 'route' ? { ...result, params: { ...result.params } } : result
}

t.test('the router finds what "filter all, sort, take the first" finds, or refuses an ambiguous spelling', async () => {
  fc.assert(
    fc.property(routeSet, request, (routes, input) => {
      const facts = requestFacts(input)
      const found = compileRouter(routes).match(facts)
      if (found.kind === 'ambiguous') return modelMatch(routes, facts).kind === 'route'
      assert.deepEqual(plain(found), plain(modelMatch(routes, facts)))
      return true
    }),
    many
  )
})
