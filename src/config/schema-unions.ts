import { formatPath } from './issue.ts'
import { branchesOf, isMap, memberSchema, type JsonSchema } from './prepare.ts'
import type { Complaint } from './schema-check.ts'

/**
 * A value that fits no branch of a union draws complaints from every branch. This keeps those of the branch that was
 * meant, or says what all branches together would take.
 */
export function mergeUnions(complaints: readonly Complaint[]): readonly Complaint[] {
  const union = complaints.find((complaint) => isUnion(complaint) && !complaints.some((outer) => outer !== complaint && owns(outer, complaint)))
  if (union === undefined) return complaints
  const inner = complaints.filter((complaint) => owns(union, complaint))
  const others = complaints.filter((complaint) => complaint !== union && !owns(union, complaint))
  return [...resolve(union, inner), ...mergeUnions(others)]
}

function isUnion({ keyword, params }: Complaint): boolean {
  return keyword === 'anyOf' || (keyword === 'oneOf' && params['passingSchemas'] === null)
}

function owns(union: Complaint, other: Complaint): boolean {
  if (!isUnion(union) || !other.schemaPath.startsWith(`${union.schemaPath}/`)) return false
  return union.path.every((part, index) => other.path[index] === part)
}

function resolve(union: Complaint, inner: readonly Complaint[]): readonly Complaint[] {
  const branches = branchesOf(union.schema) ?? []
  const groups = branches.map((schema, index) => ({
    schema,
    complaints: inner.filter(({ schemaPath }) => schemaPath.startsWith(`${union.schemaPath}/${index}/`))
  }))
  const meant = groups.filter(({ complaints }) => !complaints.some((complaint) => isOtherKind(complaint, union)))
  const [first] = meant
  if (first === undefined) return [union]
  if (meant.length === 1) return mergeUnions(first.complaints)
  return isMap(union.data) ? resolveMaps(union, union.data, meant) : closest(meant)
}

/** The branch takes another type of value, or one fixed value. */
function isOtherKind(complaint: Complaint, union: Complaint): boolean {
  return ['type', 'const', 'enum'].includes(complaint.keyword) && complaint.path.length === union.path.length
}

interface Group {
  readonly schema: JsonSchema
  readonly complaints: readonly Complaint[]
}

/** Several kinds of map are possible: a key that none of them knows is the mistake, else the closest one was meant. */
function resolveMaps(union: Complaint, data: Readonly<Record<string, unknown>>, groups: readonly Group[]): readonly Complaint[] {
  const unknown = Object.keys(data).filter((key) =>
    groups.every(({ schema }) => memberSchema(schema, key) === null && schema.additionalProperties === false)
  )
  if (unknown.length > 0) {
    const properties = Object.assign({}, ...groups.map(({ schema }) => schema.properties ?? {})) as Record<string, JsonSchema>
    return unknown.map((key) => ({ ...union, keyword: 'additionalProperties', params: { additionalProperty: key }, schema: { properties } }))
  }
  // The keys that are there say which branch was meant: one that knows them all.
  const knowing = groups.filter(
    ({ complaints }) => !complaints.some(({ keyword, path }) => keyword === 'additionalProperties' && path.length === union.path.length)
  )
  const best = knowing.length > 0 ? knowing : groups
  const missing = best.map(({ complaints }) => complaints.find(({ keyword, path }) => keyword === 'required' && path.length === union.path.length))
  if (best.length > 1 && missing.every((complaint) => complaint !== undefined)) {
    return [{ ...union, keyword: 'oneRequired', params: { keys: missing.map((complaint) => complaint.params['missingProperty']) } }]
  }
  return closest(best)
}

function closest(groups: readonly Group[]): readonly Complaint[] {
  const merged = groups.map(({ complaints }) => mergeUnions(complaints))
  const fewest = Math.min(...merged.map((complaints) => complaints.length))
  return unique(merged.find((complaints) => complaints.length === fewest) ?? [])
}

function unique(complaints: readonly Complaint[]): readonly Complaint[] {
  const seen = new Set<string>()
  return complaints.filter((complaint) => {
    const key = `${complaint.keyword} ${formatPath(complaint.path)} ${JSON.stringify(complaint.params)}`
    return !seen.has(key) && seen.add(key)
  })
}
