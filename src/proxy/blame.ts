import type { FailureKind } from './ports.ts'

/** What an attempt's end says of the upstream as a whole (its breakers) and of the one endpoint (its health). */
export interface Blame {
  readonly upstream: 'success' | 'failure' | 'ignored'
  readonly endpoint: 'success' | 'failure' | 'ignored'
}

export const NOBODY: Blame = { upstream: 'ignored', endpoint: 'ignored' }
export const BOTH: Blame = { upstream: 'failure', endpoint: 'failure' }
/** A first attempt whose hedge was faster: one more without an answer for its endpoint, nothing that the upstream as a whole failed at. */
export const OVERTAKEN: Blame = { upstream: 'ignored', endpoint: 'failure' }
const PRAISE: Blame = { upstream: 'success', endpoint: 'success' }
/** A bug of the service answers alike on every endpoint: one client's poisonous request must not eject them one after the other. */
const UPSTREAM_ONLY: Blame = { upstream: 'failure', endpoint: 'ignored' }

/**
 * An answer's status. 4xx, 429 among them, are answers to this client; 502, 503 and 504 are the gateway failures of Envoy's outlier
 * detection; 501 and 505 say that the request asked for something that is not there.
 */
export function blameStatus(status: number): Blame {
  if (status < 500 || status === 501 || status === 505) return PRAISE
  return status === 502 || status === 503 || status === 504 ? BOTH : UPSTREAM_ONLY
}

/** An attempt without a usable answer. What the client did, or sent, is nobody's fault behind us. */
export function blame(kind: FailureKind): Blame {
  return kind === 'client-abort' || kind === 'invalid-request' || kind === 'cancelled' ? NOBODY : BOTH
}
