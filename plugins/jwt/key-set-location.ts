import { durationMs } from '../../src/plugin-api/index.ts'
import type { JwtProvider } from './schema.ts'

/** Where a set of keys is fetched. */
export interface KeySetLocation {
  readonly kind: 'jwks' | 'discovery'
  /** Of the set itself, or of the issuer's discovery document. */
  readonly url: string
  /** What the discovery document must name as its issuer; null for a set's own address. */
  readonly issuer: string | null
  /** Longest time between two fetches, ms. */
  readonly refreshMs: number
  /** Longest time that requests wait for keys, ms. */
  readonly waitMs: number
}

const DEFAULT_REFRESH = '10m'
const DEFAULT_WAIT = '3s'
const MINIMUM_REFRESH_MS = 1_000

/** The location, or in words what is wrong. */
export function jwksLocation(setting: NonNullable<JwtProvider['jwks']>): KeySetLocation | string {
  const { url, ...timing } = typeof setting === 'string' ? { url: setting } : setting
  if (!isTrustworthyUrl(url)) return NOT_TRUSTWORTHY
  return located({ kind: 'jwks', url, issuer: null }, timing)
}

/** OpenID Connect Discovery 1.0 section 4: the path is appended to the issuer, whose slash at the end goes first. */
export function discoveryLocation(setting: NonNullable<JwtProvider['issuerDiscovery']>): KeySetLocation | string {
  const { issuer, ...timing } = typeof setting === 'string' ? { issuer: setting } : setting
  if (!isTrustworthyUrl(issuer)) return NOT_TRUSTWORTHY
  if (/[?#]/.test(issuer)) return 'an issuer has neither a query nor a fragment'
  return located({ kind: 'discovery', url: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, issuer }, timing)
}

const NOT_TRUSTWORTHY = 'expected a url with https, without user and password; http is for loopback addresses only'

interface Timing {
  readonly refresh?: string
  readonly wait?: string
}

function located(place: Pick<KeySetLocation, 'kind' | 'url' | 'issuer'>, { refresh, wait }: Timing): KeySetLocation | string {
  const refreshMs = durationMs(refresh ?? DEFAULT_REFRESH)
  if (refreshMs < MINIMUM_REFRESH_MS) return 'refresh must be at least 1s'
  return { ...place, refreshMs, waitMs: durationMs(wait ?? DEFAULT_WAIT) }
}

/** Keys that came over plain http could be anybody's; on loopback there is no way in between. */
export function isTrustworthyUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || isLoopbackHttp(text)
}

export function isLoopbackHttp(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'http:' && (url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname))
}
