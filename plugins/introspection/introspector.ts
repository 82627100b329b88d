import { hash } from 'node:crypto'
import { durationMs, ExpiringCache, sizeBytes, type OutboundAnswer, type PluginDeps } from '../../src/plugin-api/index.ts'
import type { IntrospectionConfig } from './schema.ts'

export type Claims = Readonly<Record<string, unknown>>

/** What the authorization server says of a token now; `unavailable`: nothing. */
export type Introspection = { readonly kind: 'active'; readonly claims: Claims } | { readonly kind: 'inactive' } | { readonly kind: 'unavailable' }

const INACTIVE: Introspection = { kind: 'inactive' }
const UNKNOWN: Introspection = { kind: 'unavailable' }

/** Asks of a token, once for all requests that bring it at the same time, and not while the last answer is good. Never rejects. */
export function createIntrospector(config: IntrospectionConfig, deps: PluginDeps): (token: string) => Promise<Introspection> {
  const { clock } = deps
  const lifeMs = { active: durationMs(config.cache), inactive: durationMs(config.negativeCache), unavailable: 0 }
  // Inactive ones apart: whoever sends garbage must not push out the tokens of others.
  const cacheOf = (kind: string) => deps.state(`${kind} ${fingerprint(config)}`, () => new ExpiringCache<Introspection>(config.cacheSize))
  const caches = { active: cacheOf('active'), inactive: cacheOf('inactive') }
  const ask = createAsker(config, deps)
  const flights = new Map<string, Promise<Introspection>>()

  async function fly(token: string, key: string): Promise<Introspection> {
    // From before the question: a token that is revoked meanwhile must not be good for longer than `cache`.
    const askedMs = clock.now()
    const answer = await ask(token)
    if (answer.kind !== 'unavailable' && lifeMs[answer.kind] > 0) caches[answer.kind].set(key, answer, askedMs + lifeMs[answer.kind])
    return answer
  }

  return async (token) => {
    const key = hash('sha256', token, 'base64url')
    const known = caches.active.get(key, clock.now()) ?? caches.inactive.get(key, clock.now())
    if (known !== undefined) return known
    const running = flights.get(key)
    if (running !== undefined) return running
    const flight = fly(token, key)
    flights.set(key, flight)
    try {
      return await flight
    } finally {
      flights.delete(key)
    }
  }
}

/** RFC 7662 section 2.1. */
function createAsker(config: IntrospectionConfig, deps: PluginDeps): (token: string) => Promise<Introspection> {
  const headers = {
    authorization: authorizationOf(config),
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json'
  }
  const limits = { timeoutMs: durationMs(config.timeout), maxBytes: sizeBytes(config.maxBody), signal: deps.signal }
  return async (token) => {
    const body = new URLSearchParams({ token, token_type_hint: 'access_token' }).toString()
    try {
      const answer = readAnswer(await deps.http.request({ url: config.url, method: 'POST', headers, body, ...limits }))
      if (typeof answer !== 'string') return answer
      deps.log.warn({ reason: answer }, 'the authorization server gave no answer on a token')
    } catch (error) {
      deps.log.warn({ err: error }, 'the authorization server did not answer')
    }
    return UNKNOWN
  }
}

/** RFC 6749 section 2.3.1: both parts are encoded as in a form before they are joined. */
function authorizationOf({ clientId, clientSecret, bearer }: IntrospectionConfig): string {
  if (bearer !== undefined) return `Bearer ${bearer}`
  const encode = (text = '') => new URLSearchParams({ '': text }).toString().slice(1)
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64')}`
}

/** RFC 7662 section 2.2, or why there is none. A refusal of the gateway's own credentials says nothing of the token. */
function readAnswer({ status, body }: OutboundAnswer): Introspection | string {
  if (status !== 200) return `status ${status}`
  const document = parseJson(body)
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return 'not a JSON object'
  const claims = document as Record<string, unknown>
  if (typeof claims['active'] !== 'boolean') return 'no `active`'
  return claims['active'] ? { kind: 'active', claims: freezeDeep(claims) } : INACTIVE
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

// Requests share it as long as it is remembered: what one plugin writes to it must not change another caller's request.
function freezeDeep<T extends object>(value: T): Readonly<T> {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freezeDeep(inner)
  return Object.freeze(value)
}

/** Equal for settings under which an answer is still good. A hash, because it becomes a key of the state and holds a secret. */
function fingerprint({ url, clientId, clientSecret, bearer, cache, negativeCache, cacheSize }: IntrospectionConfig): string {
  const parts = [url, clientId, clientSecret, bearer, cache, negativeCache, cacheSize]
  return hash('sha256', JSON.stringify(parts), 'base64url')
}
