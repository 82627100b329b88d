import { Type } from '../../src/plugin-api/index.ts'

const field = (description: string) =>
  // A field name, RFC 9110 section 5.6.2.
  Type.Optional(Type.String({ description, pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" }))

export const schema = Type.Object(
  {
    forward: Type.Object(
      {
        fingerprint: field('Field for the SHA-256 fingerprint: 64 hex digits in lower case.'),
        subject: field('Field for the distinguished name, such as `CN=crm,O=Shop`.')
      },
      {
        additionalProperties: false,
        description: 'Fields that tell the upstream of the certificate. What the client sent under these names never passes.',
        default: {}
      }
    )
  },
  { additionalProperties: false }
)
