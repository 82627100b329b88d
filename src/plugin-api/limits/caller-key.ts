import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Consumer, GatewayRequest } from '../types.ts'
import { readClaim } from '../values.ts'
import { addressKey } from './address-key.ts'
import type { By, ByPart } from './caller-schema.ts'

/** Beyond it a key is stored as its hash: a client's 8 KiB field times 100 000 callers would fill the memory. */
const MAX_KEY_LENGTH = 64
const CONSUMER_PARTS: ReadonlySet<ByPart> = new Set(['consumer', 'group', 'route', 'global'])

/** What of a request says whose it is. */
export interface CallerFacts {
  readonly headers: FastifyRequest['headers']
  readonly gateway: Pick<GatewayRequest, 'consumer' | 'claims' | 'clientIp'>
}

type Reader = (request: CallerFacts) => string

export function partsOf(by: By): readonly ByPart[] {
  return [by].flat()
}

/** The caller that a request counts for. Without a consumer, field, cookie or claim its address takes the place of it. */
export function createCallerKey(by: By): Reader {
  // Which routes share a count is said by the rule.
  const parts = partsOf(by).flatMap((part) => (part === 'global' ? [] : [readerOf(part)]))
  const [only] = parts
  if (only === undefined) return () => 'all'
  if (parts.length === 1) return (request) => bounded(only(request))
  // With the length in front no value can be written so that two parts look like two others.
  return (request) =>
    bounded(
      parts
        .map((read) => read(request))
        .map((text) => `${text.length}:${text}`)
        .join()
    )
}

/** The same key from a consumer alone, for questions about it; null where more than that decides who the caller is. */
export function createConsumerKey(by: By): ((consumer: Consumer) => string) | null {
  if (!partsOf(by).every((part) => CONSUMER_PARTS.has(part))) return null
  const keyOf = createCallerKey(by)
  return (consumer) => keyOf({ headers: {}, gateway: { consumer, claims: null, clientIp: '' } })
}

/** The same text for the same rule, for the id of the count. */
export function describeBy(by: By): string {
  return partsOf(by).map(describePart).join('+')
}

export function describePart(part: ByPart): string {
  if (typeof part === 'string') return part
  if ('header' in part) return `header ${part.header.toLowerCase()}`
  return 'cookie' in part ? `cookie ${part.cookie}` : `claim ${part.claim}`
}

// The first letter keeps a consumer named 192.0.2.7 apart from that address.
function readerOf(part: Exclude<ByPart, 'global'>): Reader {
  if (part === 'ip') return byAddress
  if (part === 'route') return () => 'r'
  if (part === 'consumer') return byConsumer
  if (part === 'group') {
    return (request) => {
      const group = request.gateway.consumer?.groups[0]
      return group === undefined ? byConsumer(request) : `g${group}`
    }
  }
  if ('header' in part) {
    const name = part.header.toLowerCase()
    return (request) => {
      const value = request.headers[name]
      return value === undefined || value === '' ? byAddress(request) : `h${String(value)}`
    }
  }
  if ('cookie' in part) {
    return (request) => {
      const value = cookieOf(request.headers.cookie, part.cookie)
      return value === '' ? byAddress(request) : `k${value}`
    }
  }
  return (request) => {
    const value = readClaim(request.gateway.claims, part.claim)
    return value === undefined || value === null ? byAddress(request) : `v${typeof value === 'string' ? value : JSON.stringify(value)}`
  }
}

function byConsumer(request: CallerFacts): string {
  return request.gateway.consumer === null ? byAddress(request) : `c${request.gateway.consumer.name}`
}

function byAddress(request: CallerFacts): string {
  return `i${addressKey(request.gateway.clientIp)}`
}

/** The first of that name, RFC 6265 section 5.4; empty when there is none. */
function cookieOf(field: string | undefined, name: string): string {
  for (const pair of field?.split(';') ?? []) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return ''
}

function bounded(key: string): string {
  return key.length <= MAX_KEY_LENGTH ? key : `#${createHash('sha256').update(key).digest('base64url')}`
}
