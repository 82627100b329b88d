import type { Finding } from './collector.ts'
import { suggestion } from './nearest.ts'
import { branchesOf, kindOf, kindsOf, type JsonSchema } from './prepare.ts'
import type { Complaint } from './schema-check.ts'

const WORDS: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'nothing'
}

const EXPECTED_FORMAT: Readonly<Record<string, string>> = {
  'sp-duration': 'a duration such as 250ms, 10s, 5m',
  'sp-size': 'a size such as 512B, 16KiB, 10MiB',
  'sp-ratio': 'a share such as 50% or 0.5'
}

/** `key` is the offending key of the map that was checked. */
interface KeyedFinding extends Finding {
  readonly key?: string
}

/** What to tell the operator about one complaint, in the words of YAML. */
export function findingOf(complaint: Complaint): KeyedFinding {
  const { keyword, params, schema, data } = complaint
  if (schema.format === 'sp-ratio') return wrongRatio(data)
  switch (keyword) {
    case 'type':
      return wrongType(schema, data)
    case 'anyOf':
    case 'oneOf':
      return wrongBranch(complaint)
    case 'enum':
      return notAllowed(schema.enum ?? [], complaint)
    case 'const':
      return notAllowed([schema.const], complaint)
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownKey(complaint)
    case 'required':
      return missing([params['missingProperty']])
    case 'oneRequired':
      return missing(params['keys'] as unknown[])
    case 'minProperties':
    case 'maxProperties':
      return wrongCount(complaint)
    case 'pattern':
    case 'format':
      return wrongText(complaint)
    case 'minLength':
      return data === '' ? bad('empty', 'must not be empty') : bad('too-short', `must have at least ${String(params['limit'])} characters`)
    case 'maxLength':
      return bad('too-long', `must have at most ${String(params['limit'])} characters`)
    case 'minItems':
      return bad('too-few', params['limit'] === 1 ? 'the list must not be empty' : `the list must have at least ${String(params['limit'])} items`)
    case 'maxItems':
      return bad('too-many', `the list must have at most ${String(params['limit'])} items`)
    case 'uniqueItems':
      return bad('duplicate-item', `items ${String(params['j'])} and ${String(params['i'])} of the list are equal`)
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return outOfRange(complaint)
    case 'multipleOf':
      return bad('out-of-range', `must be a multiple of ${String(params['multipleOf'])}`)
    case 'propertyNames':
      return bad('bad-key', `the key "${String(params['propertyName'])}" is not allowed here`)
    default:
      return bad('bad-value', complaint.message)
  }
}

function bad(code: string, message: string, hint?: string, got?: Finding['got']): Finding {
  return { code, message, hint, got }
}

function wrongType(schema: JsonSchema, data: unknown): Finding {
  const format = EXPECTED_FORMAT[schema.format ?? '']
  if (format !== undefined) return wrongUnit(schema.format, data)
  return bad('wrong-type', `expected ${anyOf(kindsOf(schema).map(word))}, got ${gotten(data)}`, hintForType(schema, data))
}

/** A number without its unit is the commonest slip of all. */
function wrongUnit(format: string | undefined, data: unknown): Finding {
  const [code, units] =
    format === 'sp-size' ? ['bad-size', `"${String(data)}KiB", "${String(data)}MiB"`] : ['bad-duration', `"${String(data)}s", "${String(data)}ms"`]
  const got = typeof data === 'number' ? '' : `, got ${gotten(data)}`
  return bad(
    code,
    `expected ${EXPECTED_FORMAT[format ?? ''] ?? 'a text'}${got}`,
    typeof data === 'number' ? `${data} has no unit; write ${units}` : undefined
  )
}

/** `50` for `50%` is the slip to expect. */
function wrongRatio(data: unknown): Finding {
  const number = typeof data === 'string' && /^\d{1,3}$/.test(data) ? Number(data) : data
  const shown = typeof data === 'string' || typeof data === 'number' ? data : undefined
  const percent = typeof number === 'number' && number > 1 && number <= 100 ? `write "${number}%" or ${number / 100}` : undefined
  const message = `expected ${EXPECTED_FORMAT['sp-ratio']}, from 0 to 1`
  return shown === undefined ? bad('bad-ratio', `${message}, got ${gotten(data)}`) : bad('bad-ratio', message, percent, shown)
}

function hintForType(schema: JsonSchema, data: unknown): string | undefined {
  const kinds = kindsOf(schema)
  if (data === null) return 'give it a value or remove the key'
  if (kinds.includes('string') && ['number', 'boolean'].includes(typeof data)) return 'put it in quotes'
  if (kinds.includes('array') && typeof data === 'string' && schema.writeOnly !== true) return 'write it as a list: [ … ]'
  return undefined
}

function wrongBranch(complaint: Complaint): Finding {
  const branches = branchesOf(complaint.schema) ?? []
  const values = branches.flatMap((branch) => branch.enum ?? ('const' in branch ? [branch.const] : []))
  if (values.length > 0 && branches.every((branch) => branch.enum !== undefined || 'const' in branch)) return notAllowed(values, complaint)
  if (complaint.keyword === 'oneOf' && complaint.params['passingSchemas'] !== null) return bad('ambiguous', 'fits more than one of the allowed forms')
  const format = branches.find((branch) => branch.format !== undefined && branch.format in EXPECTED_FORMAT && branch.format !== 'sp-ratio')?.format
  if (format !== undefined && typeof complaint.data === 'number') return wrongUnit(format, complaint.data)
  return bad('wrong-type', `expected ${anyOf([...new Set(branches.flatMap(describe))])}, got ${gotten(complaint.data)}`)
}

function describe(branch: JsonSchema): readonly string[] {
  const format = EXPECTED_FORMAT[branch.format ?? '']
  if (format !== undefined) return [format]
  if ('const' in branch) return [JSON.stringify(branch.const)]
  if (branch.enum !== undefined) return branch.enum.map((value) => JSON.stringify(value))
  return kindsOf(branch).map(word)
}

function notAllowed(values: readonly unknown[], { data, schema }: Complaint): Finding {
  const shown = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
  const simple = typeof data === 'string' || typeof data === 'number' || typeof data === 'boolean'
  const kind = simple ? '' : `, got ${gotten(data)}`
  const close =
    typeof data === 'string' && schema.writeOnly !== true && values.every((value) => typeof value === 'string')
      ? suggestion(data, shown, 'allowed values')
      : undefined
  return bad(
    'not-allowed',
    `expected ${anyOf(shown)}${kind}`,
    close?.startsWith('did') ? close : undefined,
    simple && schema.writeOnly !== true ? data : undefined
  )
}

function unknownKey({ params, schema }: Complaint): KeyedFinding {
  const key = String(params['additionalProperty'] ?? params['unevaluatedProperty'])
  const known = Object.keys(schema.properties ?? {})
  return { key, code: 'unknown-key', message: `unknown key "${key}"`, hint: suggestion(key, known, 'allowed keys'), focus: 'key' }
}

function missing(keys: readonly unknown[]): Finding {
  const names = [...new Set(keys.map((key) => `"${String(key)}"`))]
  const message = names.length === 1 ? `the key ${names.join('')} is missing` : `one of the keys ${anyOf(names)} is missing`
  return { code: 'missing-key', message, focus: 'key' }
}

function wrongCount({ params, schema, keyword }: Complaint): Finding {
  const keys = Object.keys(schema.properties ?? {})
  const limits = schema as { readonly minProperties?: number; readonly maxProperties?: number }
  if (limits.minProperties === 1 && limits.maxProperties === 1 && keys.length > 0) {
    return bad('exactly-one', `expected exactly one of ${anyOf(keys).replace(' or ', ' and ')}`)
  }
  return bad('wrong-count', `the map must have at ${keyword === 'minProperties' ? 'least' : 'most'} ${String(params['limit'])} keys`)
}

function wrongText({ schema, data, params }: Complaint): Finding {
  const shown = schema.writeOnly === true ? undefined : String(data)
  const format = EXPECTED_FORMAT[schema.format ?? '']
  if (format !== undefined) {
    const unitless = typeof data === 'string' && /^\d+(\.\d+)?$/.test(data) && schema.writeOnly !== true
    return unitless
      ? wrongUnit(schema.format, Number(data))
      : bad(schema.format === 'sp-size' ? 'bad-size' : 'bad-duration', `expected ${format}`, undefined, shown)
  }
  const expected = schema.patternErrorMessage ?? `expected a text that matches ${String(params['pattern'] ?? params['format'])}`
  return bad('bad-format', expected, undefined, shown)
}

function outOfRange({ params }: Complaint): Finding {
  const comparison: Readonly<Record<string, string>> = { '>=': 'at least', '<=': 'at most', '>': 'more than', '<': 'less than' }
  return bad('out-of-range', `must be ${comparison[String(params['comparison'])] ?? ''} ${String(params['limit'])}`)
}

function word(kind: string): string {
  return WORDS[kind] ?? kind
}

/** Texts and numbers are not shown: one of them might be a secret that was put in the wrong place. */
function gotten(data: unknown): string {
  return typeof data === 'boolean' ? String(data) : word(kindOf(data))
}

/** `a`, `a or b`, `a, b or c`. */
function anyOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${String(words.at(-1))}`
}
