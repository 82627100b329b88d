import { Type } from '../../src/plugin-api/index.ts'

const names = (description: string) => Type.Array(Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" }), { description })

export const schema = Type.Object(
  {
    origins: Type.Array(
      Type.Union([
        Type.String({ description: "An origin as browsers send it, or '*'." }),
        Type.Object(
          {
            regex: Type.String({ description: 'Must match the whole origin.', minLength: 1 })
          },
          { additionalProperties: false }
        )
      ]),
      { description: "Who may read answers: exact origins such as `https://shop.example`, `{regex: …}`, or '*'.", minItems: 1 }
    ),
    methods: Type.Array(Type.String({ pattern: '^[A-Z]+$|^\\*$' }), {
      description: 'Methods that a preflight allows.',
      default: ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE']
    }),
    allowedHeaders: Type.Optional(names('Request fields that a preflight allows. Default: those that it asks for.')),
    exposedHeaders: Type.Optional(names('Response fields that scripts may read.')),
    credentials: Type.Boolean({ description: 'Whether cookies and credentials may be sent.', default: false }),
    maxAge: Type.Optional(
      Type.Integer({ description: 'Seconds for which a browser may keep the answer to a preflight.', minimum: 0, maximum: 86_400 })
    )
  },
  { additionalProperties: false }
)
