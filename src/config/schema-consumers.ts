import { Secret, Type } from '../plugin-api/schema.ts'
import { CLOSED, Name, Text, TextList } from './schema-parts.ts'

const Basic = Type.Object(
  {
    username: Text('Name that the client sends; no colon.'),
    password: Secret({
      description: 'Its hash, `scrypt:…` (`sallyport hash` makes one) or a bcrypt `$2b$…`; or, for development, the password itself.'
    })
  },
  { ...CLOSED, description: 'A user name and a password, for `basic-auth`.' }
)

const HmacKey = Type.Object(
  {
    id: Text('The `keyid` of signatures.'),
    secret: Type.Optional(Secret({ description: 'Shared secret of `hmac-sha256` signatures; at least 32 bytes.' })),
    publicKey: Type.Optional(Text('Public key as PEM text, for signatures by a private key.'))
  },
  { ...CLOSED, description: 'A key for `hmac-auth`: exactly one of `secret` and `publicKey`.' }
)

const Subject = Type.Object(
  {
    issuer: Type.Optional(Text('The `iss` that the token must have; default any that the plugin accepts.')),
    subject: Text('The `sub` of the token.')
  },
  { ...CLOSED, description: 'Tokens that belong to the consumer.' }
)

/** One entry of the top-level `consumers`. */
export const ConsumerSchema = Type.Object(
  {
    name: Name('Unique name; what limits, logs and upstreams know the caller by.'),
    groups: TextList('Groups of the consumer, for `authorize`.'),
    apiKeys: Type.Array(Type.String({ minLength: 1 }), {
      description: 'Keys for `key-auth`, as they are or as `sha256:<hex>`.',
      default: [],
      writeOnly: true
    }),
    basic: Type.Array(Basic, { description: 'For `basic-auth`.', default: [] }),
    hmacKeys: Type.Array(HmacKey, { description: 'For `hmac-auth`.', default: [] }),
    certificates: TextList('Client certificates for `mtls`: `sha256:<fingerprint>`, `subject:<CN>`, `dns:<name>` or `uri:<uri>` of the certificate.'),
    subjects: Type.Array(Subject, { description: 'Subjects of tokens, for `jwt` and `introspection`.', default: [] })
  },
  { ...CLOSED, description: 'A known caller and its credentials.' }
)

/** How several authentication plugins of one route go together. */
export const AuthenticationSchema = Type.Object(
  {
    require: Type.Enum(['all', 'any'], {
      description: '`all`: every authentication plugin of the route must let the request in; `any`: one of them is enough.',
      default: 'all'
    }),
    anonymous: Type.Optional(Text('Consumer that requests without any credentials count as; wrong credentials are refused all the same.'))
  },
  { ...CLOSED, description: 'How several authentication plugins go together.' }
)
