import { Type } from '../../src/plugin-api/index.ts'

export const schema = Type.Object(
  {
    header: Type.String({
      description: 'Field that carries the id, upstream and back to the client.',
      default: 'x-request-id',
      pattern: '^[A-Za-z0-9-]+$',
      maxLength: 64
    }),
    trustIncoming: Type.Boolean({
      description: 'Keep the id that the client sent, when it is well formed. Only behind a proxy that sets it itself.',
      default: false
    })
  },
  { additionalProperties: false }
)
