import { createHash } from 'node:crypto'
import { durationMs, type CheckIssue } from '../../src/plugin-api/index.ts'
import { resolveKeys, type ResolvedKeys } from './keys.ts'
import { mediaType } from './media-type.ts'
import type { JwtProvider } from './schema.ts'

/** What decides whether a token is good; equal settings may share verified tokens. */
export interface TokenRule extends ResolvedKeys {
  readonly issuers: readonly string[]
  readonly audiences: readonly string[]
  readonly requiredClaims: readonly string[]
  /** Media types, as `mediaType` writes them. */
  readonly types: readonly string[]
  /** Whether a token without `typ` is refused. */
  readonly typeRequired: boolean
}

export interface JwtSettings {
  readonly rule: TokenRule
  readonly leewayMs: number
  /** Infinity where any age is good. */
  readonly maxAgeMs: number
}

/** RFC 7519 section 5.1 and RFC 9068 section 2.1. A logout token or a proof of possession is no access token (RFC 8725 section 2.8). */
const DEFAULT_TYPES = ['JWT', 'at+jwt']

export interface Resolved {
  /** Null when there is no usable key. */
  readonly settings: JwtSettings | null
  readonly issues: readonly CheckIssue[]
}

export function resolveSettings(merged: JwtProvider): Resolved {
  const { resolved, issues: found } = resolveKeys(merged)
  if (resolved === null) return { settings: null, issues: found }
  const issuers = issuersOf(merged, resolved)
  const issues = [...found, ...issuerIssues(issuers, resolved)]
  const audiences = [merged.audience ?? []].flat()
  // fast-jwt tests iss and aud only of tokens that have them; one without must not pass for one with the right value.
  const demanded = [...(issuers.length > 0 ? ['iss'] : []), ...(audiences.length > 0 ? ['aud'] : []), ...(merged.maxAge !== undefined ? ['iat'] : [])]
  const rule: TokenRule = {
    ...resolved,
    issuers,
    audiences,
    requiredClaims: [...new Set([...(merged.requiredClaims ?? ['exp']), ...demanded])],
    types: [merged.typ ?? DEFAULT_TYPES].flat().map(mediaType),
    typeRequired: merged.typ !== undefined
  }
  return {
    settings: { rule, leewayMs: durationMs(merged.leeway ?? '30s'), maxAgeMs: merged.maxAge === undefined ? Infinity : durationMs(merged.maxAge) },
    issues
  }
}

function issuersOf({ issuer }: JwtProvider, { keys }: ResolvedKeys): readonly string[] {
  if (issuer !== undefined) return [issuer].flat()
  return keys.kind === 'discovery' && keys.issuer !== null ? [keys.issuer] : []
}

function issuerIssues(issuers: readonly string[], { keys }: ResolvedKeys): readonly CheckIssue[] {
  if (keys.kind !== 'discovery' || keys.issuer === null || issuers.includes(keys.issuer)) return []
  return [{ severity: 'error', path: ['issuer'], message: `the keys are those of ${keys.issuer}, whose tokens would be refused` }]
}

/** Equal for rules that accept the same tokens. A hash, because it becomes a key of the state and holds the secret. */
export function fingerprintOf(rules: readonly TokenRule[], cacheSize: number): string {
  const parts = rules.map(({ keys, algorithms, issuers, audiences, requiredClaims, types, typeRequired }) => [
    keys.kind === 'static' ? keys.key : [keys.kind, keys.url],
    algorithms,
    issuers,
    audiences,
    requiredClaims,
    types,
    typeRequired
  ])
  return createHash('sha256')
    .update(JSON.stringify([parts, cacheSize]))
    .digest('base64url')
}
