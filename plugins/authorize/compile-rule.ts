import { readClaim, type Consumer } from '../../src/plugin-api/index.ts'
import { compileClaimCondition } from './claim-condition.ts'
import type { NameList, Rule } from './schema.ts'

/** Who is calling, as authentication has found. */
export interface Caller {
  readonly consumer: Consumer | null
  readonly claims: Readonly<Record<string, unknown>> | null
}

/** In the order in which they are asked. */
export const KINDS = ['consumers', 'groups', 'scopes', 'roles', 'claims'] as const

export type Kind = (typeof KINDS)[number]

/** The kind of condition that keeps the caller out, or null for one who may enter. */
export type CompiledRule = (caller: Caller) => Kind | null

interface Condition {
  readonly kind: Kind
  readonly holds: (caller: Caller) => boolean
}

export function compileRule(rule: Rule, rolesClaim: string): CompiledRule {
  const conditions = conditionsOf(rule, rolesClaim)
  const [first] = conditions
  if (first === undefined) return () => null
  if (rule.match !== 'any') return (caller) => conditions.find(({ holds }) => !holds(caller))?.kind ?? null
  // Scopes are what a client can do something about: it can ask for a token that has more.
  const lacking = conditions.find(({ kind }) => kind === 'scopes') ?? first
  return (caller) => (conditions.some(({ holds }) => holds(caller)) ? null : lacking.kind)
}

function conditionsOf({ consumers, groups, scopes, roles, claims }: Rule, rolesClaim: string): readonly Condition[] {
  const conditions: Condition[] = []
  if (consumers !== undefined) {
    const names: ReadonlySet<string> = new Set(consumers)
    conditions.push({ kind: 'consumers', holds: ({ consumer }) => consumer !== null && names.has(consumer.name) })
  }
  if (groups !== undefined) {
    const suffices = compileList(groups, 'any')
    conditions.push({ kind: 'groups', holds: ({ consumer }) => suffices(consumer?.groups ?? []) })
  }
  if (scopes !== undefined) {
    const suffices = compileList(scopes, 'all')
    conditions.push({ kind: 'scopes', holds: (caller) => suffices(scopesOf(caller)) })
  }
  if (roles !== undefined) {
    const suffices = compileList(roles, 'any')
    conditions.push({ kind: 'roles', holds: (caller) => suffices(namesOf(readClaim(caller.claims, rolesClaim))) })
  }
  if (claims !== undefined) {
    const tests = Object.entries(claims).map(([path, condition]) => ({ path, fits: compileClaimCondition(condition) }))
    conditions.push({ kind: 'claims', holds: (caller) => tests.every(({ path, fits }) => fits(readClaim(caller.claims, path))) })
  }
  return conditions
}

function compileList(list: NameList, plain: 'any' | 'all'): (has: readonly string[]) => boolean {
  if (Array.isArray(list)) return plain === 'any' ? hasOneOf(list) : hasEach(list)
  return 'any' in list ? hasOneOf(list.any) : hasEach(list.all)
}

const hasOneOf =
  (names: readonly string[]) =>
  (has: readonly string[]): boolean =>
    names.some((name) => has.includes(name))

const hasEach =
  (names: readonly string[]) =>
  (has: readonly string[]): boolean =>
    names.every((name) => has.includes(name))

/** `scope` is a text with spaces between (RFC 8693 section 4.2); some issuers send a list, some call it `scp`. */
function scopesOf({ claims }: Caller): readonly string[] {
  const value = readClaim(claims, 'scope') ?? readClaim(claims, 'scp')
  return typeof value === 'string' ? value.split(' ') : namesOf(value)
}

function namesOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((element) => typeof element === 'string') : []
}
