import type { FieldTest, PathMatch, RouteFacts, RouteMatch } from '../../src/routing/types.ts'

export interface RouteInput {
  readonly name?: string
  readonly path?: string
  readonly regex?: string
  readonly hosts?: readonly string[]
  readonly methods?: readonly string[]
  readonly headers?: readonly FieldTest[]
  readonly query?: readonly FieldTest[]
  readonly priority?: number
}

/** Routes with ids in order; a route without a name is called after its path. */
export function routesOf(...inputs: ReadonlyArray<string | RouteInput>): readonly RouteMatch[] {
  return inputs.map((input, id) => routeOf(typeof input === 'string' ? { path: input } : input, id))
}

function routeOf(input: RouteInput, id: number): RouteMatch {
  const path: PathMatch = input.regex === undefined ? { kind: 'pattern', pattern: input.path ?? '/*' } : { kind: 'regex', source: input.regex }
  return {
    id,
    name: input.name ?? input.regex ?? input.path ?? '/*',
    hosts: input.hosts ?? [],
    path,
    methods: input.methods ?? [],
    headers: input.headers ?? [],
    query: input.query ?? [],
    priority: input.priority ?? 0
  }
}

export interface FactsInput {
  readonly host?: string
  readonly method?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
}

export function factsOf(path: string, input: FactsInput = {}): RouteFacts {
  const headers = new Map(Object.entries(input.headers ?? {}))
  return {
    host: input.host ?? 'shop.example',
    method: input.method ?? 'GET',
    path,
    query: input.query ?? '',
    header: (name) => headers.get(name)
  }
}
