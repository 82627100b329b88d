import { Type } from '../../src/plugin-api/index.ts'

const list = (description: string) =>
  Type.Array(Type.String({ examples: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'] }), { description, default: [] })

export const schema = Type.Object(
  {
    allow: list('Addresses and CIDR blocks that may pass; when given, nobody else may.'),
    deny: list('Addresses and CIDR blocks that may not pass, even when `allow` names them.')
  },
  { additionalProperties: false }
)
