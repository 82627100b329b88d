import type { Socket } from 'node:net'
import { plainAddress, type TrustCheck } from './peer.ts'

export interface ConnectionLimits {
  /** Over all listeners; null for no limit. */
  readonly maxConnections: number | null
  /** Of one address that is not a trusted proxy; null for no limit. */
  readonly maxConnectionsPerIp: number | null
}

/** Counts the connections of all listeners and turns away what is too much, before a byte is read. */
export class ConnectionGate {
  #limits: ConnectionLimits
  #trusts: TrustCheck
  readonly #onRefused: (limit: 'all' | 'ip') => void
  readonly #byAddress = new Map<string, number>()
  #count = 0

  constructor(limits: ConnectionLimits, trusts: TrustCheck, onRefused: (limit: 'all' | 'ip') => void) {
    this.#limits = limits
    this.#trusts = trusts
    this.#onRefused = onRefused
  }

  /** Holds for connections from now on. */
  configure(limits: ConnectionLimits, trusts: TrustCheck): void {
    this.#limits = limits
    this.#trusts = trusts
  }

  /** Whether the connection may stay; counts it until it is closed. A refused one is closed at once. */
  admit(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress ?? '')
    const { maxConnections, maxConnectionsPerIp } = this.#limits
    const mine = this.#byAddress.get(address) ?? 0
    const refusedBy =
      maxConnections !== null && this.#count >= maxConnections ? 'all' : isFull(mine, maxConnectionsPerIp) && !this.#trusts(address) ? 'ip' : null
    if (refusedBy !== null) {
      this.#onRefused(refusedBy)
      socket.destroy()
      return false
    }
    this.#count++
    this.#byAddress.set(address, mine + 1)
    socket.once('close', () => this.#leave(address))
    return true
  }

  #leave(address: string): void {
    this.#count--
    const left = (this.#byAddress.get(address) ?? 1) - 1
    if (left === 0) this.#byAddress.delete(address)
    else this.#byAddress.set(address, left)
  }
}

function isFull(count: number, limit: number | null): boolean {
  return limit !== null && count >= limit
}
