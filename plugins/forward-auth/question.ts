import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { fieldLines } from '../../src/plugin-api/index.ts'
import type { ForwardAuthConfig } from './schema.ts'

/** What the service is asked about one request. */
export interface Question {
  readonly headers: Readonly<Record<string, string>>
  /** Whether the request has any of the forwarded fields. */
  readonly hasCredentials: boolean
  /** Equal for questions that are equal in every word. */
  readonly key: string
  /** Equal for requests that one decision is good for; null when it must not be remembered. */
  readonly cacheKey: string | null
}

/** Only what is on the list goes to the service, and what the gateway knows: never a field by which a client could speak for it. */
export function createQuestions({ requestHeaders, cacheByCredentialsOnly }: ForwardAuthConfig): (request: FastifyRequest) => Question {
  const names = [...new Set(requestHeaders.map((name) => name.toLowerCase()))]
  return (request) => {
    const credentials: Record<string, string> = {}
    for (const name of names) {
      const lines = fieldLines(request.raw.rawHeaders, name)
      // All of them: the upstream would see the others.
      if (lines.length > 0) credentials[name] = lines.join(name === 'cookie' ? '; ' : ', ')
    }
    const headers = { ...credentials, ...aboutRequest(request) }
    const hasCredentials = Object.keys(credentials).length > 0
    const key = hashOf(headers)
    if (!cacheByCredentialsOnly) return { headers, hasCredentials, key, cacheKey: key }
    // Whom the service let in without any credentials, it let in for the sake of the path.
    return { headers, hasCredentials, key, cacheKey: hasCredentials ? hashOf(credentials) : null }
  }
}

function aboutRequest({ method, gateway }: FastifyRequest): Record<string, string> {
  return {
    'x-forwarded-method': method,
    'x-forwarded-proto': gateway.scheme,
    // With its port, for redirects back.
    'x-forwarded-host': gateway.authority,
    'x-forwarded-uri': gateway.query === '' ? gateway.path : `${gateway.path}?${gateway.query}`,
    'x-forwarded-for': gateway.clientIp
  }
}

function hashOf(fields: Readonly<Record<string, string>>): string {
  return createHash('sha256').update(JSON.stringify(fields)).digest('base64url')
}
