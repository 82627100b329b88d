import type { Path } from './issue.ts'

/** The part of JSON Schema that this folder walks; TypeBox writes plain JSON Schema. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly required?: readonly string[]
  readonly items?: JsonSchema | readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly writeOnly?: boolean
  readonly format?: string
  readonly description?: string
  readonly patternErrorMessage?: string
}

export type JsonMap = Record<string, unknown>

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Turns the text of a placeholder into the number or boolean that the schema wants. */
export type Coerce = (text: string, wanted: () => readonly string[], path: Path) => unknown

/**
 * Completes a value in place: defaults of missing keys, inside unions too, and texts of placeholders where a
 * number or boolean is wanted. Returns the value, which is another one when a scalar was turned.
 */
export function prepare(schema: JsonSchema, value: unknown, path: Path, coerce: Coerce): unknown {
  return complete(schema, value, [...path], coerce)
}

/** @param path One array for the whole walk, as it stands when `coerce` is called. */
function complete(schema: JsonSchema, value: unknown, path: (string | number)[], coerce: Coerce): unknown {
  const branches = branchesOf(schema)
  if (branches !== null) return completeUnion(branches, value, path, coerce)
  if (typeof value === 'string') return coerce(value, () => kindsOf(schema), path)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const inner = itemSchema(schema, index)
      if (inner === null) continue
      path.push(index)
      value[index] = complete(inner, item, path, coerce)
      path.pop()
    }
  } else if (isMap(value)) {
    addDefaults(schema, value)
    for (const [key, entry] of Object.entries(value)) {
      const inner = memberSchema(schema, key)
      if (inner === null) continue
      path.push(key)
      value[key] = complete(inner, entry, path, coerce)
      path.pop()
    }
    for (const part of schema.allOf ?? []) complete(part, value, path, coerce)
  }
  return value
}

/** Every place of a value that its schema marks `writeOnly`. */
export function secretPaths(schema: JsonSchema, value: unknown, path: Path = []): readonly Path[] {
  if (schema.writeOnly === true) return [path]
  if (!knowsSecrets(schema)) return []
  const here = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap((part) => secretPaths(part, value, path))
  const inner = Array.isArray(value)
    ? value.flatMap((item: unknown, index) => below(itemSchema(schema, index), item, [...path, index]))
    : isMap(value)
      ? Object.entries(value).flatMap(([key, entry]) => below(memberSchema(schema, key), entry, [...path, key]))
      : []
  return [...here, ...inner]
}

/** The schema of one key of a map, or null when it has none. */
export function memberSchema(schema: JsonSchema, key: string): JsonSchema | null {
  const { properties = {}, patternProperties = {}, additionalProperties } = schema
  if (Object.hasOwn(properties, key)) return properties[key] ?? null
  for (const [pattern, inner] of Object.entries(patternProperties)) {
    if (compiledPattern(pattern).test(key)) return inner
  }
  return typeof additionalProperties === 'object' ? additionalProperties : null
}

/** By their text; schemas live as long as the process, and each key of each map asks. */
const patterns = new Map<string, RegExp>()

function compiledPattern(text: string): RegExp {
  let pattern = patterns.get(text)
  if (pattern === undefined) patterns.set(text, (pattern = new RegExp(text, 'u')))
  return pattern
}

/** The alternatives of a union, or null when the schema is none. */
export function branchesOf(schema: JsonSchema): readonly JsonSchema[] | null {
  return schema.anyOf ?? schema.oneOf ?? null
}

/** The JSON types that a schema takes; empty when it takes any. */
export function kindsOf(schema: JsonSchema): readonly string[] {
  const branches = branchesOf(schema)
  if (branches !== null) return branches.flatMap(kindsOf)
  if (schema.type !== undefined) return typeof schema.type === 'string' ? [schema.type] : schema.type
  const values = schema.enum ?? ('const' in schema ? [schema.const] : [])
  return [...new Set(values.map(kindOf))]
}

/** `map` rather than `object`: the words of the messages are those of YAML. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function completeUnion(branches: readonly JsonSchema[], value: unknown, path: (string | number)[], coerce: Coerce): unknown {
  // A fixed text among the branches, such as `off`, does not mean that any text is allowed.
  if (typeof value === 'string') return coerce(value, () => branches.filter((branch) => typeof branch.const !== 'string').flatMap(kindsOf), path)
  const sameKind = branches.filter((branch) => isOfKind(branch, value))
  const fitting = sameKind.length > 1 && isMap(value) ? sameKind.filter((branch) => couldBe(branch, value)) : sameKind
  const [only] = fitting
  return only !== undefined && fitting.length === 1 ? complete(only, value, path, coerce) : value
}

function isOfKind(branch: JsonSchema, value: unknown): boolean {
  if ('const' in branch) return branch.const === value
  const kinds = kindsOf(branch)
  return kinds.length === 0 || kinds.includes(kindOf(value)) || (typeof value === 'number' && kinds.includes('integer'))
}

/** Whether the map has only keys of the branch, all that it needs, and the fixed values that it asks for. */
function couldBe(branch: JsonSchema, value: JsonMap): boolean {
  const known = Object.keys(value).every((key) => memberSchema(branch, key) !== null || branch.additionalProperties !== false)
  const needed = (branch.required ?? []).every((key) => Object.hasOwn(value, key) || memberSchema(branch, key)?.default !== undefined)
  return (
    known &&
    needed &&
    Object.entries(branch.properties ?? {}).every(([key, inner]) => !('const' in inner) || !Object.hasOwn(value, key) || value[key] === inner.const)
  )
}

function addDefaults(schema: JsonSchema, value: JsonMap): void {
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    if (inner.default !== undefined && !Object.hasOwn(value, key)) value[key] = copyOf(inner.default)
  }
}

/** Of the plain values that defaults are; `structuredClone` takes ten times as long for small ones. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  return isMap(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyOf(inner)])) : value
}

/** What was found of a schema; they live as long as the process. */
const withSecrets = new WeakMap<JsonSchema, boolean>()

/** Whether anything in a schema is `writeOnly`: of most parts of a document nothing is, and they need not be walked. */
function knowsSecrets(schema: JsonSchema): boolean {
  const known = withSecrets.get(schema)
  if (known !== undefined) return known
  // For a schema within itself, until the answer is there.
  withSecrets.set(schema, true)
  const { properties = {}, patternProperties = {}, additionalProperties, items = [], anyOf = [], oneOf = [], allOf = [] } = schema
  const parts = [...Object.values(properties), ...Object.values(patternProperties), ...anyOf, ...oneOf, ...allOf].concat(items)
  if (typeof additionalProperties === 'object') parts.push(additionalProperties)
  const found = schema.writeOnly === true || parts.some(knowsSecrets)
  withSecrets.set(schema, found)
  return found
}

function itemSchema(schema: JsonSchema, index: number): JsonSchema | null {
  const { items } = schema
  if (items === undefined) return null
  return 'length' in items ? (items[index] ?? null) : items
}

function below(schema: JsonSchema | null, value: unknown, path: Path): readonly Path[] {
  return schema === null ? [] : secretPaths(schema, value, path)
}
