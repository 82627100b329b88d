import { createHash } from 'node:crypto'
import { durationMs, type CheckIssue } from '../../src/plugin-api/index.ts'
import { resolveKey, type ResolvedKey } from './keys.ts'
import type { JwtConfig, JwtProvider } from './schema.ts'

/** What decides whether a token is good; equal settings may share verified tokens. */
export interface TokenRule extends ResolvedKey {
  readonly issuers: readonly string[]
  readonly audiences: readonly string[]
  readonly requiredClaims: readonly string[]
}

export interface JwtSettings {
  readonly rule: TokenRule
  readonly leewayMs: number
}

/** The provider's keys under the route's own; the key itself is one unit, whichever of its two forms it has. */
export function mergeProvider(provider: JwtProvider, own: JwtConfig): JwtProvider {
  const { secret, publicKey, ...rest } = provider
  const ownKey = own.secret !== undefined || own.publicKey !== undefined
  return { ...rest, ...(!ownKey && secret !== undefined && { secret }), ...(!ownKey && publicKey !== undefined && { publicKey }), ...own }
}

export function resolveSettings(merged: JwtProvider): { readonly settings: JwtSettings | null; readonly issues: readonly CheckIssue[] } {
  const { resolved, issues } = resolveKey(merged)
  if (resolved === null) return { settings: null, issues }
  const issuers = [merged.issuer ?? []].flat()
  const audiences = [merged.audience ?? []].flat()
  // fast-jwt tests iss and aud only of tokens that have them; one without must not pass for one with the right value.
  const demanded = [...(issuers.length > 0 ? ['iss'] : []), ...(audiences.length > 0 ? ['aud'] : [])]
  const requiredClaims = [...new Set([...(merged.requiredClaims ?? ['exp']), ...demanded])]
  return { settings: { rule: { ...resolved, issuers, audiences, requiredClaims }, leewayMs: durationMs(merged.leeway ?? '30s') }, issues }
}

export function noProvider(name: string, known: readonly string[]): CheckIssue {
  return { severity: 'error', path: ['provider'], message: `there is no provider ${name}`, hint: `providers: ${known.join(', ') || 'none'}` }
}

/** What is wrong with a shared definition by itself. One without a key may leave it to the routes. */
export function providerIssues(provider: JwtProvider): readonly CheckIssue[] {
  return provider.secret === undefined && provider.publicKey === undefined ? [] : resolveSettings(provider).issues
}

/** What is wrong with a route's keys over its provider's; what lies in the provider is laid at its name. */
export function mergedIssues(provider: JwtProvider, own: JwtConfig): readonly CheckIssue[] {
  const told = new Set(providerIssues(provider).map(({ message }) => message))
  return resolveSettings(mergeProvider(provider, own))
    .issues.filter(({ message }) => !told.has(message))
    .map((issue) => (issue.path[0] !== undefined && Object.hasOwn(own, issue.path[0]) ? issue : { ...issue, path: ['provider'] }))
}

/** Equal for rules that accept the same tokens. A hash, because it becomes a key of the state and holds the secret. */
export function ruleFingerprint(rule: TokenRule, cacheSize: number): string {
  const parts = [rule.key, rule.algorithms, rule.issuers, rule.audiences, rule.requiredClaims, cacheSize]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}
