import { Type, type Static } from '../../src/plugin-api/index.ts'

export const schema = Type.Object(
  {
    header: Type.String({
      description: 'Request field with the key.',
      default: 'x-api-key',
      // A field name, RFC 9110 section 5.6.2.
      pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
    }),
    query: Type.Optional(
      Type.String({
        description: 'Query parameter with the key, where the field is absent. The key stays in the URL that the upstream gets.',
        pattern: '^[\\w.-]+$'
      })
    ),
    hideCredentials: Type.Boolean({ description: 'Take the field away from the request that goes upstream.', default: true })
  },
  { additionalProperties: false }
)

export type KeyAuthConfig = Static<typeof schema>
