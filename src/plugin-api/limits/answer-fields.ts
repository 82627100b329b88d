import type { FastifyReply } from 'fastify'
import { wholeSeconds, type RateLimitFields } from './fields.ts'
import type { LimitRule, LimitVerdict } from './store.ts'

/** A rule and how it is told of. */
export interface ToldRule {
  readonly rule: LimitRule
  readonly fields: RateLimitFields
}

export interface FieldOptions {
  /** Whether `X-RateLimit-*` are sent too. */
  readonly legacy: boolean
}

/** What an answer tells of its limits. */
export function answerFields(
  reply: FastifyReply,
  rules: readonly ToldRule[],
  verdicts: readonly LimitVerdict[],
  { legacy }: FieldOptions
): Record<string, string> {
  let policy = itemsBefore(reply, 'ratelimit-policy')
  let state = itemsBefore(reply, 'ratelimit')
  for (let i = 0; i < rules.length; i++) {
    const { fields } = rules[i] as ToldRule
    const { remaining, resetMs } = verdicts[i] as LimitVerdict
    policy = policy === '' ? fields.policy : `${policy}, ${fields.policy}`
    state = state === '' ? fields.state(remaining, resetMs) : `${state}, ${fields.state(remaining, resetMs)}`
  }
  const headers: Record<string, string> = { 'ratelimit-policy': policy, ratelimit: state }
  if (legacy) addLegacy(headers, rules, verdicts)
  return headers
}

export function setFields(reply: FastifyReply, headers: Readonly<Record<string, string>>): void {
  for (const name in headers) reply.header(name, headers[name])
}

/** Both fields are lists: a second instance on the same route adds its items. */
function itemsBefore(reply: FastifyReply, name: string): string {
  const before = reply.getHeader(name)
  return before === undefined ? '' : String(before)
}

/** They can tell of one limit only: of the one that is nearest to its end. */
function addLegacy(headers: Record<string, string>, rules: readonly ToldRule[], verdicts: readonly LimitVerdict[]): void {
  let nearest = 0
  for (let i = 1; i < verdicts.length; i++) if (isNearer(verdicts[i] as LimitVerdict, verdicts[nearest] as LimitVerdict)) nearest = i
  const { allowed, remaining, resetMs, retryAfterMs } = verdicts[nearest] as LimitVerdict
  headers['x-ratelimit-limit'] = String((rules[nearest] as ToldRule).rule.limit)
  headers['x-ratelimit-remaining'] = String(remaining)
  headers['x-ratelimit-reset'] = String(wholeSeconds(allowed || !Number.isFinite(retryAfterMs) ? resetMs : retryAfterMs))
}

function isNearer(one: LimitVerdict, other: LimitVerdict): boolean {
  if (one.allowed !== other.allowed) return !one.allowed
  return one.allowed ? one.remaining < other.remaining : one.retryAfterMs > other.retryAfterMs
}
