import { claimFieldValue, readClaim, type GatewayRequest } from '../../src/plugin-api/index.ts'
import type { JsonObject } from './token-text.ts'

/** Names of fields that instances of this plugin have set for a request, so that none removes what another has set. */
export type SetFields = WeakMap<GatewayRequest, Set<string>>

export interface ClaimFields {
  /** Removes what the client sent, with or without a token: a client must not speak for the gateway. */
  clear(gateway: GatewayRequest): void
  fill(gateway: GatewayRequest, claims: JsonObject): void
}

/** @param mapping request field to claim */
export function createClaimFields(mapping: Readonly<Record<string, string>>, set: SetFields): ClaimFields {
  const fields = Object.entries(mapping).map(([name, path]) => ({ name: name.toLowerCase(), path }))
  return {
    clear(gateway) {
      if (fields.length === 0) return
      const filled = set.get(gateway)
      for (const { name } of fields) if (filled?.has(name) !== true) gateway.removeRequestHeader(name)
    },
    fill(gateway, claims) {
      if (fields.length === 0) return
      const filled = set.get(gateway) ?? new Set<string>()
      set.set(gateway, filled)
      for (const { name, path } of fields) {
        const value = claimFieldValue(readClaim(claims, path))
        if (value === undefined) continue
        gateway.setRequestHeader(name, value)
        filled.add(name)
      }
    }
  }
}
