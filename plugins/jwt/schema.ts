import { Duration, Secret, Type, type Static } from '../../src/plugin-api/index.ts'
import { ALGORITHMS } from './keys.ts'

const textOrTexts = (description: string) =>
  Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })], { description })

// No `default` on these: a route's own keys override its provider's, and a default would look like one of them.
const shared = {
  secret: Type.Optional(Secret({ description: 'Shared secret of HS256, HS384 and HS512 tokens; at least 32 bytes.' })),
  publicKey: Type.Optional(
    Type.String({
      description: 'Public key or certificate as PEM text, for RS*, PS*, ES* and EdDSA tokens; usually `${file:…}`.',
      minLength: 1
    })
  ),
  algorithms: Type.Optional(
    Type.Array(Type.Union(ALGORITHMS.map((name) => Type.Literal(name))), {
      description: 'Accepted algorithms. Default: HS256 for a secret, RS256, ES256/384/512 by curve or EdDSA for a public key.',
      minItems: 1
    })
  ),
  issuer: Type.Optional(textOrTexts('Accepted `iss`; a token without it is refused.')),
  audience: Type.Optional(textOrTexts('Accepted `aud`; a token without it is refused.')),
  leeway: Type.Optional(Duration({ description: 'Tolerated clock difference for `exp` and `nbf`. Default 30s.' })),
  requiredClaims: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      description: 'Claims that a token must have. Default: [exp], so that every token ends some time.'
    })
  )
}

export const providerSchema = Type.Object(shared, { additionalProperties: false })

export const schema = Type.Object(
  {
    provider: Type.Optional(Type.String({ description: 'Name of a shared definition under `providers`; keys given here override its keys.' })),
    ...shared,
    from: Type.Array(
      Type.Union([
        Type.Literal('header'),
        Type.Object({ cookie: Type.String({ pattern: '^[\\w.-]+$' }) }, { additionalProperties: false }),
        Type.Object({ query: Type.String({ pattern: '^[\\w.-]+$' }) }, { additionalProperties: false })
      ]),
      { description: 'Where the token stands; the first place that has one counts.', default: ['header'], minItems: 1 }
    ),
    claimsToHeaders: Type.Record(Type.String({ pattern: '^[A-Za-z0-9-]+$' }), Type.String({ minLength: 1 }), {
      description: 'Request field to claim (dot path), such as `x-user-id: sub`. What the client sent under these names never passes.',
      default: {}
    }),
    optional: Type.Boolean({ description: 'Let requests without a token pass; a bad token is refused all the same.', default: false }),
    cacheSize: Type.Integer({ description: 'Verified tokens to remember; 0 verifies each time.', default: 1000, minimum: 0, maximum: 1_000_000 })
  },
  { additionalProperties: false }
)

export type JwtConfig = Static<typeof schema>
export type JwtProvider = Static<typeof providerSchema>
