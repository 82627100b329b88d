import { Type, type TSchema } from 'typebox'

const CLOSED = { additionalProperties: false }
const TOKEN = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
const MOST = 1_000_000_000

/** Whole units, from 1 on. */
export function LimitUnits(options: { readonly description: string }) {
  return Type.Integer({ ...options, minimum: 1, maximum: MOST })
}

export function LimitName(options: { readonly description: string }) {
  return Type.String({ ...options, pattern: '^[\\w.:-]{1,64}$' })
}

/** What one request costs. Read with `readCost`. */
export function LimitCost() {
  return Type.Union(
    [
      Type.Integer({ minimum: 1, maximum: MOST }),
      Type.Object({ responseHeader: Type.String({ pattern: TOKEN }), default: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST })) }, CLOSED)
    ],
    {
      description:
        'Units of one request. Default 1. {responseHeader: name, default: 1}: `default` is taken at first and set right by that field of the upstream’s answer.'
    }
  )
}

/** Other amounts for some. Read with `chooseRules`. */
export function LimitOverrides<O extends TSchema>(override: () => O) {
  return Type.Object(
    { consumers: Type.Optional(Type.Record(Type.String(), override())), groups: Type.Optional(Type.Record(Type.String(), override())) },
    {
      ...CLOSED,
      description: 'Other amounts for some consumers, or for all of a group; a consumer’s own come first, then the most generous of its groups.'
    }
  )
}

/** Where is counted, and what is done meanwhile. Read with `limitRequests`. */
export function storeSettings() {
  return {
    store: Type.Optional(
      Type.Union([Type.Literal('memory'), Type.Literal('redis')], {
        description: 'memory: each gateway counts for itself; redis: all together. Default: redis where the document has `redis`.'
      })
    ),
    onStoreError: Type.Optional(
      Type.Union([Type.Literal('allow'), Type.Literal('deny'), Type.Literal('local')], {
        description: 'While Redis is away: let pass, refuse with 503, or count in this gateway (local, the default).'
      })
    ),
    dryRun: Type.Boolean({ description: 'Count and tell the metrics, but refuse nobody.', default: false })
  }
}
