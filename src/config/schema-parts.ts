import { Type, type TSchema } from '../plugin-api/schema.ts'

/** Every map of the document refuses unknown keys: a typing error must not pass for a setting. */
export const CLOSED = { additionalProperties: false } as const

/** Lower-case words joined by hyphens; names of routes, upstreams and providers, and so labels of metrics. */
const NAME_PATTERN = '^[a-z0-9]+(?:-[a-z0-9]+)*$'

export function Name(description: string) {
  return Type.String({
    description,
    pattern: NAME_PATTERN,
    maxLength: 63,
    patternErrorMessage: 'expected a name of lower-case letters, digits and single hyphens, such as create-order'
  })
}

export function Text(description: string) {
  return Type.String({ description, minLength: 1 })
}

export function TextList(description: string) {
  return Type.Array(Type.String({ minLength: 1 }), { description, default: [] })
}

/** A map whose keys are names of the operator's choice. */
export function NamedMap<S extends TSchema>(value: S, description: string) {
  return Type.Record(Type.String(), value, { description, default: {} })
}

/** A regular expression; its syntax and cost are checked where it is used. */
export function Regex(description: string) {
  return Type.String({ description, minLength: 1, maxLength: 1000 })
}
