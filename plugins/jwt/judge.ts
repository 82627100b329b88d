import type { Clock } from '../../src/plugin-api/index.ts'
import type { KeyFinder } from './find-key.ts'
import type { Reason } from './reasons.ts'
import type { JwtSettings } from './settings.ts'
import type { TokenCache } from './token-cache.ts'
import { judgeHeader } from './token-header.ts'
import { MAX_TOKEN_LENGTH, readToken, type JsonObject } from './token-text.ts'
import { describeToken, judgeTime, type VerifiedToken } from './verified-token.ts'

/** One issuer's rule with its keys. */
export interface IssuerRule extends JwtSettings {
  readonly findKey: KeyFinder
}

export type Verdict = VerifiedToken | Reason

/** Whether a token is good now. A promise only where keys must be waited for. */
export type Judge = (token: string) => Verdict | Promise<Verdict>

export function createJudge(rules: readonly IssuerRule[], cache: TokenCache, clock: Clock): Judge {
  const ruleOf = createChooser(rules)

  const judgeNow = (token: string, verified: VerifiedToken, rule: IssuerRule, isKnown: boolean): Verdict => {
    const verdict = judgeTime(verified, clock.wall(), rule)
    if (verdict === 'valid') {
      if (!isKnown) cache.set(token, verified)
      return verified
    }
    if (isKnown && verdict !== 'not_active') cache.delete(token)
    return verdict
  }

  const verify = (token: string): Verdict | Promise<Verdict> => {
    const read = readToken(token)
    if (read === null) return 'malformed'
    const rule = ruleOf(read.claims)
    if (rule === null) return 'issuer'
    const header = judgeHeader(read.header, rule.rule)
    if (typeof header === 'string') return header
    const conclude = (key: Awaited<ReturnType<KeyFinder>>): Verdict => {
      if (typeof key === 'string') return key
      const claims = key.verify(token)
      if (typeof claims === 'string') return claims
      const verified = describeToken(claims, key.state)
      return verified === null ? 'malformed' : judgeNow(token, verified, rule, false)
    }
    const key = rule.findKey(header)
    return key instanceof Promise ? key.then(conclude) : conclude(key)
  }

  return (token) => {
    if (token.length > MAX_TOKEN_LENGTH) return 'malformed'
    const known = cache.get(token)
    if (known === undefined) return verify(token)
    const rule = known.key.retired ? null : ruleOf(known.claims)
    if (rule !== null) return judgeNow(token, known, rule, true)
    cache.delete(token)
    return verify(token)
  }
}

/**
 * Which rule a token is judged by, from its `iss` alone: a key of one issuer never verifies what another is said to have issued
 * (RFC 8725 section 3.8). Null for an issuer that no rule has.
 */
function createChooser(rules: readonly IssuerRule[]): (claims: JsonObject) => IssuerRule | null {
  const [only] = rules
  if (only !== undefined && rules.length === 1 && only.rule.issuers.length === 0) return () => only
  const byIssuer = new Map<unknown, IssuerRule>(rules.flatMap((rule) => rule.rule.issuers.map((issuer) => [issuer, rule] as const)))
  return ({ iss }) => byIssuer.get(iss) ?? null
}
