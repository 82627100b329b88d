import assert from 'node:assert/strict'
import fc from '../support/property.ts'
import t from 'tap'
import { findConflicts, type ExampleRequest } from '../../src/routing/conflicts.ts'
import type { RouteFacts } from '../../src/routing/types.ts'
import { factsOf } from './kit.ts'
import { many, request, requestFacts, routeSet } from './kit-arbitrary.ts'
import { modelMatch } from './kit-model.ts'

function exampleFacts(example: ExampleRequest): RouteFacts {
  return factsOf(example.path, {
    ...example,
    query: Object.entries(example.query)
      .map(([name, value]) => `${name}=${value}`)
      .join('&')
  })
}

t.test('both routes of a tie match its example, and only their names tell them apart', async () => {
  fc.assert(
    fc.property(routeSet, (routes) => {
      for (const { kind, route, other, example } of findConflicts(routes)) {
        if (kind !== 'tie' || example === undefined) continue
        const both = routes.filter(({ id }) => id === route || id === other)
        const facts = exampleFacts(example)
        const winner = modelMatch(both, facts)
        const renamed = modelMatch(
          both.map((item) => ({ ...item, name: item.id === Math.min(route, other) ? 'z' : 'a' })),
          facts
        )
        assert.equal(winner.kind, 'route')
        assert.notDeepEqual(renamed, winner)
      }
    }),
    many
  )
})

t.test('a route that is called unreachable never receives a request', async () => {
  fc.assert(
    fc.property(routeSet, request, (routes, input) => {
      const unreachable = new Set(findConflicts(routes).flatMap(({ kind, route }) => (kind === 'unreachable' ? [route] : [])))
      const result = modelMatch(routes, requestFacts(input))
      assert.ok(result.kind !== 'route' || !unreachable.has(result.id))
    }),
    many
  )
})

t.test('without a reported tie, names decide nothing', async () => {
  fc.assert(
    fc.property(routeSet, request, (routes, input) => {
      if (findConflicts(routes).some(({ kind }) => kind === 'tie')) return
      const reversed = routes.map((route) => ({ ...route, name: `r${9 - route.id}` }))
      assert.deepEqual(modelMatch(reversed, requestFacts(input)), modelMatch(routes, requestFacts(input)))
    }),
    many
  )
})
