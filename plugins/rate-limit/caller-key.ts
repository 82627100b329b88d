import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { readClaim } from '../../src/plugin-api/index.ts'
import { addressKey } from './address-key.ts'
import type { By } from './schema.ts'

type Part = Exclude<By, readonly unknown[]>

/** Beyond it a key is stored as its hash: a client's 8 KiB field times 100 000 callers would fill the memory. */
const MAX_KEY_LENGTH = 64

/** The caller that a request counts for. Without a consumer, field or claim its address takes the place of it. */
export function createCallerKey(by: By): (request: FastifyRequest) => string {
  const parts = [by].flat().map(partOf)
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return (request) => bounded(only(request))
  // With the length in front no value can be written so that two parts look like two others.
  return (request) =>
    bounded(
      parts
        .map((read) => read(request))
        .map((text) => `${text.length}:${text}`)
        .join()
    )
}

/** The same text for the same rule, for the key of the state. */
export function describeBy(by: By): string {
  return JSON.stringify([by].flat())
}

// The first letter keeps a consumer named 192.0.2.7 apart from that address.
function partOf(part: Part): (request: FastifyRequest) => string {
  if (part === 'ip') return byAddress
  if (part === 'route') return () => 'r'
  if (part === 'consumer') {
    return (request) => (request.gateway.consumer === null ? byAddress(request) : `c${request.gateway.consumer.name}`)
  }
  if ('header' in part) {
    const name = part.header.toLowerCase()
    return (request) => {
      const value = request.headers[name]
      return value === undefined || value === '' ? byAddress(request) : `h${String(value)}`
    }
  }
  return (request) => {
    const value = readClaim(request.gateway.claims, part.claim)
    return value === undefined || value === null ? byAddress(request) : `v${typeof value === 'string' ? value : JSON.stringify(value)}`
  }
}

function byAddress(request: FastifyRequest): string {
  return `i${addressKey(request.gateway.clientIp)}`
}

function bounded(key: string): string {
  return key.length <= MAX_KEY_LENGTH ? key : `#${createHash('sha256').update(key).digest('base64url')}`
}
