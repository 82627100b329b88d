/** How one header or query parameter must look for a route to match. */
export type FieldTest =
  | { readonly kind: 'equals'; readonly name: string; readonly value: string }
  | { readonly kind: 'present'; readonly name: string }
  | { readonly kind: 'absent'; readonly name: string }
  | { readonly kind: 'regex'; readonly name: string; readonly source: string }

/** The path of a route, as written by the operator. `regex` is anchored at both ends by the router. */
export type PathMatch = { readonly kind: 'pattern'; readonly pattern: string } | { readonly kind: 'regex'; readonly source: string }

/** What one route matches. `id` is the route's index in the plan; names are unique. */
export interface RouteMatch {
  readonly id: number
  readonly name: string
  /** Lower case; `api.example.com` or `*.example.com`. Empty: any host. */
  readonly hosts: readonly string[]
  readonly path: PathMatch
  /** Upper case. Empty: any method. */
  readonly methods: readonly string[]
  readonly headers: readonly FieldTest[]
  readonly query: readonly FieldTest[]
  /** Breaks ties between routes that are equally specific; higher wins. Default 0. */
  readonly priority: number
}

/** What the router looks at. Read lazily: headers and query are asked for only when a candidate tests them. */
export interface RouteFacts {
  /** Lower case, without a port. Empty when the request carried none. */
  readonly host: string
  readonly method: string
  /** The canonical path, see `http/request-target.ts`. Always starts with `/`. */
  readonly path: string
  /** The query without `?`, as received; empty when there is none. */
  readonly query: string
  /** The value of a header by its lower-case name; several fields are joined by `, `. */
  header(name: string): string | undefined
}

export type RouteResult =
  | { readonly kind: 'route'; readonly id: number; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'method-not-allowed'; readonly allow: readonly string[] }
  | { readonly kind: 'not-found' }
  /** Another spelling of the path (letter case, `;parameters`, a trailing slash) belongs to a more specific route. */
  | { readonly kind: 'ambiguous'; readonly id: number }

export interface Router {
  match(facts: RouteFacts): RouteResult
}
