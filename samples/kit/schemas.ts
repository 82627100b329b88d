import { Type } from 'typebox'

/** Ids are opaque: visible ASCII without the slash, which also covers what identity providers call their users. */
export const Id = Type.String({ minLength: 1, maxLength: 100, pattern: '^[\\x21-\\x2e\\x30-\\x7e]+$' })

export const IdParams = Type.Object({ id: Id })

/** Text for people, with at least one visible character. */
export function Text(maxLength: number) {
  return Type.String({ minLength: 1, maxLength, pattern: '\\S' })
}

/** Money is whole cents: fractions of a binary number are no money. */
export function Cents({ maximum }: { maximum: number }) {
  return Type.Integer({ minimum: 1, maximum })
}
