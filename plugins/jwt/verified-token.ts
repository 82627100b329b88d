import type { Consumer } from '../../src/plugin-api/index.ts'

/** A token whose signature, algorithm, issuer, audience and required claims are good. Immutable, shared by requests. */
export interface VerifiedToken {
  readonly claims: Readonly<Record<string, unknown>>
  readonly consumer: Consumer | null
  /** Milliseconds since the epoch; -Infinity and Infinity where the token sets no limit. */
  readonly notBeforeMs: number
  readonly expiresMs: number
}

/** Null when `exp` or `nbf` is there and no number (RFC 7519 section 2, NumericDate). */
export function describeToken(claims: Record<string, unknown>): VerifiedToken | null {
  const expiresMs = dateMs(claims, 'exp', Infinity)
  const notBeforeMs = dateMs(claims, 'nbf', -Infinity)
  if (expiresMs === null || notBeforeMs === null) return null
  return { claims: freezeDeep(claims), consumer: consumerOf(claims), notBeforeMs, expiresMs }
}

export type TimeVerdict = 'valid' | 'expired' | 'not_active'

/** RFC 7519 sections 4.1.4 and 4.1.5: refused *on* or after `exp`. */
export function judgeTime(token: VerifiedToken, wallMs: number, leewayMs: number): TimeVerdict {
  if (wallMs >= token.expiresMs + leewayMs) return 'expired'
  return wallMs < token.notBeforeMs - leewayMs ? 'not_active' : 'valid'
}

function dateMs(claims: Record<string, unknown>, name: string, absent: number): number | null {
  if (!Object.hasOwn(claims, name)) return absent
  const seconds = claims[name]
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : null
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
