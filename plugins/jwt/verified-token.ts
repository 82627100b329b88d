import type { Consumer } from '../../src/plugin-api/index.ts'

/** The key that verified a token. Once it has left its set, what it verified before is good no longer. */
export interface KeyState {
  readonly retired: boolean
}

/** A token whose signature, algorithm, issuer, audience and required claims are good. Immutable, shared by requests. */
export interface VerifiedToken {
  readonly claims: Readonly<Record<string, unknown>>
  readonly consumer: Consumer | null
  /** Milliseconds since the epoch; -Infinity and Infinity where the token sets no limit. */
  readonly notBeforeMs: number
  readonly expiresMs: number
  /** -Infinity where the token does not say it. */
  readonly issuedMs: number
  readonly key: KeyState
}

export const LASTING_KEY: KeyState = Object.freeze({ retired: false })

/** Null when `exp`, `nbf` or `iat` is there and no finite number (RFC 7519 section 2, NumericDate). */
export function describeToken(claims: Record<string, unknown>, key: KeyState = LASTING_KEY): VerifiedToken | null {
  const expiresMs = dateMs(claims, 'exp', Infinity)
  const notBeforeMs = dateMs(claims, 'nbf', -Infinity)
  const issuedMs = dateMs(claims, 'iat', -Infinity)
  if (expiresMs === null || notBeforeMs === null || issuedMs === null) return null
  return { claims: freezeDeep(claims), consumer: consumerOf(claims), notBeforeMs, expiresMs, issuedMs, key }
}

export interface TimeRule {
  readonly leewayMs: number
  readonly maxAgeMs: number
}

export type TimeVerdict = 'valid' | 'expired' | 'not_active' | 'too_old'

/** RFC 7519 sections 4.1.4 to 4.1.6: refused *on* or after `exp`, before `nbf`, and when it claims to come from the future. */
export function judgeTime(token: VerifiedToken, wallMs: number, { leewayMs, maxAgeMs }: TimeRule): TimeVerdict {
  if (wallMs >= token.expiresMs + leewayMs) return 'expired'
  if (wallMs < token.notBeforeMs - leewayMs || wallMs < token.issuedMs - leewayMs) return 'not_active'
  return maxAgeMs !== Infinity && wallMs - token.issuedMs > maxAgeMs + leewayMs ? 'too_old' : 'valid'
}

function dateMs(claims: Record<string, unknown>, name: string, absent: number): number | null {
  if (!Object.hasOwn(claims, name)) return absent
  const seconds = claims[name]
  const ms = typeof seconds === 'number' ? seconds * 1000 : Number.NaN
  return Number.isFinite(ms) ? ms : null
}

function consumerOf(claims: Record<string, unknown>): Consumer | null {
  const { sub, groups } = claims
  if (typeof sub !== 'string' || sub === '') return null
  const named = Array.isArray(groups) && groups.every((group) => typeof group === 'string')
  return Object.freeze({ name: sub, groups: Object.freeze(named ? [...groups] : []) })
}

// Once per token and not per request: a plugin that wrote to the claims would change other requests of the same caller.
function freezeDeep<T extends object>(value: T): Readonly<T> {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freezeDeep(inner)
  return Object.freeze(value)
}
