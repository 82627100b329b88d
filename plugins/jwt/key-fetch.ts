import type { OutboundHttp } from '../../src/plugin-api/index.ts'
import { isLoopbackHttp, isTrustworthyUrl, type KeySetLocation } from './key-set-location.ts'
import { isObject } from './token-text.ts'

const TIMEOUT_MS = 5_000
const MAX_BYTES = 256 * 1024
const ACCEPT = 'application/jwk-set+json, application/json'

export interface FetchedSet {
  readonly document: unknown
  /** How long the answer says it is fresh, ms; null when it does not say. */
  readonly freshMs: number | null
}

/**
 * Fetches the set. `anew` asks for the discovery document too, which is otherwise asked for once.
 * @throws Error in words for an operator
 */
export type FetchSet = (anew: boolean, signal: AbortSignal) => Promise<FetchedSet>

export function createFetch(location: Pick<KeySetLocation, 'url' | 'issuer'>, http: OutboundHttp): FetchSet {
  const { url, issuer } = location
  if (issuer === null) return (_anew, signal) => getJson(http, url, signal)
  let known: string | null = null
  return async (anew, signal) => {
    if (anew || known === null) known = setUrlOf((await getJson(http, url, signal)).document, issuer)
    return getJson(http, known, signal)
  }
}

/** OpenID Connect Discovery 1.0 section 4.3: a document that names another issuer says nothing about this one. */
function setUrlOf(document: unknown, issuer: string): string {
  const { issuer: named, jwks_uri: url } = isObject(document) ? document : {}
  if (named !== issuer) throw new Error('the discovery document is that of another issuer')
  if (typeof url !== 'string' || !isTrustworthyUrl(url)) throw new Error('the discovery document has no jwks_uri with https')
  if (isLoopbackHttp(url) && !isLoopbackHttp(issuer)) throw new Error('the discovery document has no jwks_uri with https')
  return url
}

async function getJson(http: OutboundHttp, url: string, signal: AbortSignal): Promise<FetchedSet> {
  const { status, headers, body } = await http.request({ url, headers: { accept: ACCEPT }, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, signal })
  const place = placeOf(url)
  if (status !== 200) throw new Error(`${place}: status ${status}${status >= 300 && status < 400 ? '; redirects are not followed' : ''}`)
  if (body.length > MAX_BYTES) throw new Error(`${place}: the answer is larger than ${MAX_BYTES} bytes`)
  try {
    return { document: JSON.parse(body.toString('utf8')) as unknown, freshMs: freshnessOf(headers) }
  } catch {
    // The parser's own message quotes the text.
    throw new Error(`${place}: the answer is not JSON`)
  }
}

/** Without the query, which may hold what is nobody's business. */
export function placeOf(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}

/** RFC 9111 sections 4.2.1 and 4.2.3. */
function freshnessOf(headers: Readonly<Record<string, string>>): number | null {
  const maxAge = /(?:^|[\s,])max-age="?(\d{1,9})(?!\d)/i.exec(headers['cache-control'] ?? '')?.[1]
  if (maxAge === undefined) return null
  const age = /^\s*(\d{1,9})\s*$/.exec(headers['age'] ?? '')?.[1] ?? '0'
  return Math.max(0, Number(maxAge) - Number(age)) * 1000
}
