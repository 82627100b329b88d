import assert from 'node:assert/strict'
import fc from '../support/property.ts'
import t from 'tap'
import { foldShape, pathShape } from '../../src/routing/path-shape.ts'
import { compileRouter } from '../../src/routing/router.ts'
import { hostRank, pathRank } from '../../src/routing/specificity.ts'
import type { RouteMatch } from '../../src/routing/types.ts'
import { many, request, requestFacts, routeSet } from './kit-arbitrary.ts'

/** What a hostile client does to one segment: some upper case, some parameters. */
const disguise = fc.record({ upper: fc.boolean(), parameters: fc.constantFrom('', '', ';', ';x', ';X=1') })
const disguises = fc.record({ segments: fc.array(disguise, { minLength: 4, maxLength: 4 }), slash: fc.boolean() })

function respell(path: string, { segments, slash }: { segments: ReadonlyArray<{ upper: boolean; parameters: string }>; slash: boolean }): string {
  const spelled = path
    .slice(1)
    .split('/')
    .map((segment, index) => {
      const own = segments[index]
      return own === undefined || segment === '' ? segment : `${own.upper ? segment.toUpperCase() : segment}${own.parameters}`
    })
  const text = `/${spelled.join('/')}`
  return !slash ? text : text.endsWith('/') && text.length > 1 ? text.slice(0, -1) : `${text}/`
}

/** Some operators write their paths with upper-case letters themselves. */
const oddRoutes = fc
  .tuple(routeSet, fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }))
  .map(([routes, odd]) =>
    routes.map((route, index): RouteMatch =>
      odd[index] === true && route.path.kind === 'pattern'
        ? { ...route, path: { kind: 'pattern', pattern: route.path.pattern.replace(/\/a(?=\/|$)/, '/A') } }
        : route
    )
  )

function rankOf(route: RouteMatch | undefined, host: string): readonly [number, string] {
  if (route === undefined) return [-1, '']
  const matching = route.hosts.filter((own) => own === host || (own.startsWith('*') && host.endsWith(own.slice(1))))
  return [Math.max(...[...matching, ...(route.hosts.length === 0 ? [undefined] : [])].map(hostRank)), pathRank(foldShape(pathShape(route.path)))]
}

function checkDisguise(routes: readonly RouteMatch[], path: string, disguised: string, input: Parameters<typeof requestFacts>[0]): void {
  const router = compileRouter(routes)
  const guarded = router.match(requestFacts({ ...input, path }))
  if (guarded.kind !== 'route') return
  const found = router.match(requestFacts({ ...input, path: disguised }))
  if (found.kind !== 'route' || found.id === guarded.id) return
  const [guardHost, guardPath] = rankOf(routes[guarded.id], input.host)
  const [foundHost, foundPath] = rankOf(routes[found.id], input.host)
  assert.ok(
    foundHost > guardHost || (foundHost === guardHost && foundPath >= guardPath),
    `${disguised} passes ${routes[guarded.id]?.name} and reaches ${routes[found.id]?.name}`
  )
}

t.test('no other spelling of a path reaches a less specific route than the path itself', async () => {
  fc.assert(
    fc.property(oddRoutes, request, disguises, (routes, input, disguise) => {
      checkDisguise(routes, input.path, respell(input.path, disguise), input)
    }),
    { numRuns: many.numRuns * 2 }
  )
})

t.test('nor does the plain spelling of a path that the operator wrote oddly', async () => {
  fc.assert(
    fc.property(oddRoutes, request, (routes, input) => {
      checkDisguise(routes, input.path.replaceAll('a', 'A'), input.path, input)
    }),
    many
  )
})
