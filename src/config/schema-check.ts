import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import type { TSchema } from '../plugin-api/schema.ts'
import { parseDuration, parseSize } from '../plugin-api/units.ts'
import type { Finding } from './collector.ts'
import { formatPath, type Path } from './issue.ts'
import { nearest } from './nearest.ts'
import type { JsonSchema } from './prepare.ts'
import { parseRatio } from './ratio.ts'
import { findingOf } from './schema-messages.ts'
import { mergeUnions } from './schema-unions.ts'

/** One mistake against a schema; the path leads on from the value that was checked. */
export interface SchemaFinding extends Finding {
  readonly path: Path
}

/** One complaint of the validator with its path decoded. */
export interface Complaint {
  readonly keyword: string
  readonly path: Path
  readonly schemaPath: string
  readonly params: Readonly<Record<string, unknown>>
  /** The value that was checked. */
  readonly data: unknown
  /** The schema that has the keyword. */
  readonly schema: JsonSchema
  readonly message: string
}

/** Compiling takes milliseconds and schemas live as long as the process, so each is compiled once. */
const compiled = new WeakMap<object, ValidateFunction>()

const ajv = createAjv({})
/** Compiling the schema of schemas takes longer than most of ours: a test holds them against it, not every start. */
const ajvOfOurs = createAjv({ meta: false, validateSchema: false })

function createAjv(options: Options): Ajv {
  // Without its optimizer the code of a schema is made in half the time, which counts for more than how fast one document is checked.
  const made = new Ajv({ allErrors: true, verbose: true, strict: false, ownProperties: true, logger: false, code: { optimize: false }, ...options })
  made.addFormat('sp-duration', (text: string) => parseDuration(text) !== null)
  made.addFormat('sp-size', (text: string) => parseSize(text) !== null)
  made.addFormat('sp-ratio', (text: string) => parseRatio(text) !== null)
  return made
}

/**
 * Every mistake of a value, one finding each.
 * @param isOurs The schema is known to be one.
 * @throws Error when the schema itself is not valid JSON Schema.
 */
export function checkSchema(schema: TSchema, value: unknown, isOurs: boolean): readonly SchemaFinding[] {
  const validate = validator(schema, isOurs)
  if (validate(value)) return []
  const complaints = (validate.errors ?? []).map((error) => decode(error, value))
  return withoutRenamed(mergeUnions(complaints)).map((complaint) => {
    const finding = findingOf(complaint)
    return { ...finding, path: [...complaint.path, ...(finding.key === undefined ? [] : [finding.key])] }
  })
}

/** A mistyped key is one mistake, not also the absence of the right one. */
function withoutRenamed(complaints: readonly Complaint[]): readonly Complaint[] {
  const typed = complaints.filter(({ keyword }) => keyword === 'additionalProperties')
  return complaints.filter(
    ({ keyword, path, params }) =>
      keyword !== 'required' ||
      !typed.some(
        (other) =>
          formatPath(other.path) === formatPath(path) &&
          nearest(String(other.params['additionalProperty']), Object.keys(other.schema.properties ?? {})) === params['missingProperty']
      )
  )
}

function validator(schema: TSchema, isOurs: boolean): ValidateFunction {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const made = (isOurs ? ajvOfOurs : ajv).compile(schema)
  compiled.set(schema, made)
  return made
}

function decode(error: ErrorObject, value: unknown): Complaint {
  const path: (string | number)[] = []
  let inner: unknown = value
  for (const raw of error.instancePath.split('/').slice(1)) {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(inner) ? Number(key) : key)
    inner = (inner as Readonly<Record<string, unknown>> | null | undefined)?.[key]
  }
  const { keyword, schemaPath, data, message = 'is not valid' } = error
  return {
    keyword,
    path,
    schemaPath,
    data,
    message,
    params: error.params as Record<string, unknown>,
    schema: (error.parentSchema ?? {}) as JsonSchema
  }
}
