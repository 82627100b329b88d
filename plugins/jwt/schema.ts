import { Duration, Secret, Type, type Static } from '../../src/plugin-api/index.ts'
import { ALGORITHMS } from './algorithms.ts'

const CLOSED = { additionalProperties: false }

const textOrTexts = (description: string) =>
  Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })], { description })

const timing = {
  refresh: Type.Optional(Duration({ description: 'Longest time between two fetches; a shorter `max-age` of the answer counts. Default 10m.' })),
  wait: Type.Optional(Duration({ description: 'Longest time that a request waits for keys. Default 3s.' }))
}

const url = (description: string) => Type.String({ description, minLength: 1 })

// No `default` on these: a route's own keys override its provider's, and a default would look like one of them.
const shared = {
  secret: Type.Optional(Secret({ description: 'Shared secret of HS256, HS384 and HS512 tokens; at least as long as the hash.' })),
  secretEncoding: Type.Optional(
    Type.Union([Type.Literal('text'), Type.Literal('base64'), Type.Literal('base64url'), Type.Literal('hex')], {
      description: 'How `secret` is written; the `k` of a JSON Web Key is base64url. Default text.'
    })
  ),
  publicKey: Type.Optional(
    Type.String({
      description: 'Public key or certificate as PEM text, for RS*, PS*, ES* and EdDSA tokens; usually `${file:…}`.',
      minLength: 1
    })
  ),
  jwks: Type.Optional(
    Type.Union([Type.String({ minLength: 1 }), Type.Object({ url: url('Where the set is fetched; https.'), ...timing }, CLOSED)], {
      description: 'Address of a JSON Web Key Set, for RS*, PS*, ES* and EdDSA tokens; https.'
    })
  ),
  issuerDiscovery: Type.Optional(
    Type.Union(
      [
        Type.String({ minLength: 1 }),
        Type.Object({ issuer: url('The `iss` of its tokens and the address of its document; https.'), ...timing }, CLOSED)
      ],
      {
        description: 'Issuer whose OpenID Connect discovery document names its key set; also the default of `issuer`.'
      }
    )
  ),
  algorithms: Type.Optional(
    Type.Array(Type.Union(ALGORITHMS.map((name) => Type.Literal(name))), {
      description:
        'Accepted algorithms. Default: HS256 for a secret; RS256, ES256/384/512 by curve or EdDSA for a public key; all but HS* for a key set.',
      minItems: 1
    })
  ),
  issuer: Type.Optional(textOrTexts('Accepted `iss`; a token without it is refused.')),
  audience: Type.Optional(textOrTexts('Accepted `aud`; a token without it is refused.')),
  typ: Type.Optional(textOrTexts('Accepted `typ` of the header; a token without it is refused. Default: JWT and at+jwt, or none.')),
  leeway: Type.Optional(Duration({ description: 'Tolerated clock difference for `exp`, `nbf`, `iat` and `maxAge`. Default 30s.' })),
  maxAge: Type.Optional(Duration({ description: 'Longest time since `iat`; a token without `iat` is refused. Default: any.' })),
  requiredClaims: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      description: 'Claims that a token must have. Default: [exp], so that every token ends some time.'
    })
  )
}

export const providerSchema = Type.Object(shared, CLOSED)

export const schema = Type.Object(
  {
    provider: Type.Optional(
      textOrTexts('Name of a shared definition under `providers`, or several, chosen by the `iss` of the token; keys given here override its keys.')
    ),
    ...shared,
    from: Type.Array(
      Type.Union([
        Type.Literal('header'),
        Type.Object({ cookie: Type.String({ pattern: '^[\\w.-]+$' }) }, CLOSED),
        Type.Object({ query: Type.String({ pattern: '^[\\w.-]+$' }) }, CLOSED)
      ]),
      { description: 'Where the token stands; the first place that has one counts.', default: ['header'], minItems: 1 }
    ),
    claimsToHeaders: Type.Record(Type.String({ pattern: '^[A-Za-z0-9-]+$' }), Type.String({ minLength: 1 }), {
      ...CLOSED,
      description: 'Request field to claim (dot path), such as `x-user-id: sub`. What the client sent under these names never passes.',
      default: {}
    }),
    optional: Type.Boolean({ description: 'Let requests without a token pass; a bad token is refused all the same.', default: false }),
    cacheSize: Type.Integer({ description: 'Verified tokens to remember; 0 verifies each time.', default: 1000, minimum: 0, maximum: 1_000_000 })
  },
  CLOSED
)

export type JwtConfig = Static<typeof schema>
export type JwtProvider = Static<typeof providerSchema>
