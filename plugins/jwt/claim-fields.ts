import { claimFieldValue, readClaim, type GatewayRequest } from '../../src/plugin-api/index.ts'
import type { JsonObject } from './token-text.ts'

/**
 * Names of fields that instances of this plugin have set for a request, so that none removes what another has set. Kept at the request: a map with
 * requests as its keys is work for every collection of garbage.
 */
const FILLED = Symbol('fields filled from claims')

interface Filled {
  [FILLED]?: string[]
}

export interface ClaimFields {
  /** Removes what the client sent, with or without a token: a client must not speak for the gateway. */
  clear(gateway: GatewayRequest): void
  fill(gateway: GatewayRequest, claims: JsonObject): void
}

/** @param mapping request field to claim */
export function createClaimFields(mapping: Readonly<Record<string, string>>): ClaimFields {
  const fields = Object.entries(mapping).map(([name, path]) => ({ name: name.toLowerCase(), path }))
  return {
    clear(gateway: GatewayRequest & Filled) {
      for (const { name } of fields) if (gateway[FILLED]?.includes(name) !== true) gateway.removeRequestHeader(name)
    },
    fill(gateway: GatewayRequest & Filled, claims) {
      for (const { name, path } of fields) {
        const value = claimFieldValue(readClaim(claims, path))
        if (value === undefined) continue
        gateway.setRequestHeader(name, value)
        ;(gateway[FILLED] ??= []).push(name)
      }
    }
  }
}
