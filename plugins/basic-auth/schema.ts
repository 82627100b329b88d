import { Duration, Type } from '../../src/plugin-api/index.ts'

export const schema = Type.Object(
  {
    realm: Type.String({
      description: 'What the client is asked to log in to; browsers show it.',
      default: 'sallyport',
      // Printable ASCII without the two characters that would have to be escaped in a quoted string (RFC 9110 section 5.6.4).
      pattern: '^[ !#-\\[\\]-~]+$'
    }),
    hideCredentials: Type.Boolean({ description: 'Take the credentials away from the request that goes upstream.', default: true }),
    cache: Duration({ description: 'How long a verified password need not be hashed again; 0s hashes it each time.', default: '5m' })
  },
  { additionalProperties: false }
)
