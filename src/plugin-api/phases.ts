/**
 * The order in which plugins see a request. Phases up to `limit` run in Fastify's `onRequest` hooks, before any
 * byte of the body was read; within a phase the order is the plugin's `order`, then scope (global, upstream, route), then the order
 * in the YAML.
 */
export const PHASES = ['edge', 'authenticate', 'authorize', 'limit', 'transform', 'respond', 'observe'] as const

export type Phase = (typeof PHASES)[number]

/** Where in the document a plugin may be configured. */
export const SCOPES = ['global', 'upstream', 'route', 'consumer'] as const

export type Scope = (typeof SCOPES)[number]
