import { durationMs } from '../../src/plugin-api/index.ts'
import type { Claims } from './introspector.ts'
import type { IntrospectionConfig } from './schema.ts'

export type Fault = 'expired' | 'not_active' | 'issuer' | 'audience' | 'claims'

/** Compares an active token's claims with the clock and with what is configured; each time, so that nothing remembered outlives its `exp`. */
export function createJudge(config: IntrospectionConfig): (claims: Claims, wallMs: number) => Fault | null {
  const issuers = [config.issuer ?? []].flat()
  const audiences = [config.audience ?? []].flat()
  const leewayMs = durationMs(config.leeway)
  return (claims, wallMs) => {
    const expiresMs = dateMs(claims['exp'], Infinity)
    const notBeforeMs = dateMs(claims['nbf'], -Infinity)
    if (expiresMs === null || notBeforeMs === null) return 'claims'
    if (wallMs >= expiresMs + leewayMs) return 'expired'
    if (wallMs < notBeforeMs - leewayMs) return 'not_active'
    if (issuers.length > 0 && !issuers.some((issuer) => issuer === claims['iss'])) return 'issuer'
    return audiences.length > 0 && ![claims['aud']].flat().some((audience) => audiences.some((accepted) => accepted === audience)) ? 'audience' : null
  }
}

/** A date of RFC 7662 section 2.2, in seconds; null when it is there and no number. */
function dateMs(seconds: unknown, absent: number): number | null {
  if (seconds === undefined) return absent
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : null
}
