import { createHash } from 'node:crypto'
import type { Endpoint, Transport } from '../proxy/ports.ts'

/** What is dialled for one endpoint; implemented by `src/upstream/`. */
export interface EndpointConnections extends Transport {
  close(): Promise<void>
}

/** One endpoint over its connections; lives as long as some generation uses it. Fixed shape: balancers read it for every request. */
export class EndpointState implements Endpoint {
  readonly key: string
  readonly origin: string
  readonly authority: string
  readonly stickyId: string
  readonly transport: EndpointConnections
  weight: number
  zone: string | null
  inFlight = 0
  latencyMs = 0
  latencyAtMs = 0
  sinceMs = -Infinity
  lastFailure: Endpoint['lastFailure'] = null

  constructor(origin: string, weight: number, zone: string | null, transport: EndpointConnections) {
    this.key = origin
    this.origin = origin
    this.authority = new URL(origin).host
    // The same in every gateway and after every restart, and nothing of the address can be read from it.
    this.stickyId = createHash('sha256').update(`sallyport sticky ${origin}`).digest('base64url').slice(0, 16)
    this.transport = transport
    this.weight = weight
    this.zone = zone
  }

  /** Goes on from another one for the same address: new connection settings do not make it a newcomer. */
  inherit(other: EndpointState): void {
    this.latencyMs = other.latencyMs
    this.latencyAtMs = other.latencyAtMs
    this.sinceMs = other.sinceMs
    this.lastFailure = other.lastFailure
  }
}
