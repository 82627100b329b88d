/** A request in the shape of `RouteFacts`, for a message. An empty `host` means any. */
export interface ExampleRequest {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

/**
 * `tie`: both routes match some request and nothing says which one is meant; `unreachable`: whatever `route` matches goes to
 * `other`. `route` and `other` are route ids. `example` is a request that both match, when one could be constructed.
 */
export interface Conflict {
  readonly kind: 'tie' | 'unreachable'
  readonly route: number
  readonly other: number
  readonly reason: string
  readonly example: ExampleRequest | undefined
}
