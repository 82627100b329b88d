import { Type, type Static } from 'typebox'

const CLOSED = { additionalProperties: false }
const TOKEN = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"

const part = () =>
  Type.Union([
    Type.Literal('ip'),
    Type.Literal('consumer'),
    Type.Literal('group'),
    Type.Literal('route'),
    Type.Literal('global'),
    Type.Object({ header: Type.String({ pattern: TOKEN }) }, CLOSED),
    Type.Object({ cookie: Type.String({ pattern: TOKEN }) }, CLOSED),
    Type.Object({ claim: Type.String({ minLength: 1 }) }, CLOSED)
  ])

/**
 * Who shares a count: `ip`, `consumer`, `group`, `route` (everybody), `{header: name}`, `{cookie: name}`, `{claim: path}`, or a list of them
 * together. With `global` the routes share it too. Read with `createCallerKey`.
 */
export function CallerBy(options: { readonly description: string }) {
  return Type.Union([part(), Type.Array(part(), { minItems: 1 })], options)
}

export type By = Static<ReturnType<typeof CallerBy>>
export type ByPart = Exclude<By, readonly unknown[]>
