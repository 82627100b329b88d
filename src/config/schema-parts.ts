import { Type, type TSchema } from '../plugin-api/schema.ts'
import { RATIO_PATTERN } from './ratio.ts'

/** Every map of the document refuses unknown keys: a typing error must not pass for a setting. */
export const CLOSED = { additionalProperties: false } as const

/** Lower-case words joined by hyphens; names of routes, upstreams and providers, and so labels of metrics. */
const NAME_PATTERN = '^[a-z0-9]+(?:-[a-z0-9]+)*$'

/** A token of RFC 9110, section 5.6.2: what field names and cookie names are. */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** The gateway frames messages itself (RFC 9112, section 6; RFC 9110, section 7.6.1). */
export const OWN_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
])

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

/** A share of something: `50%` or 0.5. Convert with `ratioOf`. One schema rather than a union, so that its mistakes are told in one sentence. */
export function Ratio(options: { readonly description: string; readonly default?: string | number }) {
  return Type.Unsafe<string | number>({
    ...options,
    type: ['string', 'number'],
    pattern: RATIO_PATTERN,
    minimum: 0,
    maximum: 1,
    format: 'sp-ratio',
    examples: ['50%', 0.5]
  })
}

/** A rule that can be left out although it has a default. */
export function OrOff<S extends TSchema>(value: S, options: { readonly description: string; readonly default?: string | number }) {
  return Type.Union([value, Type.Literal(false), Type.Literal('off')], options)
}

/** The name of a header field (RFC 9110, section 5.6.2). */
export function HeaderName(description: string) {
  return Type.String({
    description,
    pattern: TOKEN.source,
    maxLength: 256,
    patternErrorMessage: 'expected the name of a header field, such as x-user-id'
  })
}

/** The name of a cookie (RFC 6265, section 4.1.1). */
export function CookieName(description: string) {
  return Type.String({
    description,
    pattern: TOKEN.source,
    maxLength: 256,
    patternErrorMessage: 'expected the name of a cookie, such as session'
  })
}

/** A map whose keys are names of the operator's choice. */
export function NamedMap<S extends TSchema>(value: S, description: string) {
  return Type.Record(Type.String(), value, { description, default: {} })
}

/** A regular expression; its syntax and cost are checked where it is used. */
export function Regex(description: string) {
  return Type.String({ description, minLength: 1, maxLength: 1000 })
}
