import { compileRouter } from '../../src/routing/router.ts'
import type { RouteMatch } from '../../src/routing/types.ts'
import { type FactsInput, factsOf } from './kit.ts'

/** The name of the route that gets the request, or the kind of the refusal. */
export function routeFor(routes: readonly RouteMatch[], path: string, input: FactsInput = {}): string {
  const result = compileRouter(routes).match(factsOf(path, input))
  if (result.kind === 'route') return routes.find(({ id }) => id === result.id)?.name ?? 'no such route'
  return result.kind
}

export function paramsFor(routes: readonly RouteMatch[], path: string): Record<string, string> | undefined {
  const result = compileRouter(routes).match(factsOf(path))
  return result.kind === 'route' ? { ...result.params } : undefined
}
