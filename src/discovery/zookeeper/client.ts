import { parseAddress } from '../../config/address.ts'
import type { AddressPlan } from '../../config/plan.ts'
import type { ZookeeperSettings } from '../../config/plan-discovery.ts'
import { backoffMs } from '../backoff.ts'
import type { ProviderDeps } from '../types.ts'
import { Connection, type ConnectionListener } from './connection.ts'
import type { Session } from './protocol.ts'

/** Who reads nodes as long as there is a connection. */
export interface Follower {
  /** Nothing that was watched before is watched any more. `isReplaced` when the session before has expired. */
  onConnected(connection: Connection, isReplaced: boolean): void
  onEvent(path: string): void
  /** There is no connection; told for each attempt to make one. */
  onLost(error: Error): void
}

const MAX_CONNECT_MS = 5000

/** A connection that lives shorter than this, ms, does not make the next attempt come sooner. */
const SHORT_LIFE_MS = 1000

/** One session with an ensemble, over one connection at a time to any of its servers. */
export class ZookeeperClient {
  readonly #servers: readonly AddressPlan[]
  readonly #timeoutMs: number
  readonly #deps: ProviderDeps
  /** Another list after each change: who is told may come and go by that. */
  #followers: readonly Follower[] = []
  /** Being made or open. */
  #connection: Connection | null = null
  #isOpen = false
  #openedMs = 0
  #session: Session | null = null
  #lastZxid = 0n
  /** Since when nobody has confirmed the session. */
  #lostMs = 0
  /** The next session stands in for one that expired. */
  #isReplacing = false
  #attempts = 0
  #failures = 0
  #cancelRetry: (() => void) | null = null
  #isClosed = false

  /** @throws Error for an address that is none */
  constructor({ addresses, sessionTimeoutMs }: Pick<ZookeeperSettings, 'addresses' | 'sessionTimeoutMs'>, deps: ProviderDeps) {
    this.#timeoutMs = sessionTimeoutMs
    this.#deps = deps
    // So that gateways of one configuration do not all go to the same server.
    const ranked = addresses.map((address) => ({ server: serverOf(address), rank: deps.random.next() }))
    this.#servers = ranked.toSorted((a, b) => a.rank - b.rank).map(({ server }) => server)
  }

  /** Begins with the first follower. Calls back at once when there is a connection. */
  follow(follower: Follower): void {
    this.#followers = [...this.#followers, follower]
    if (this.#isOpen && this.#connection !== null) follower.onConnected(this.#connection, false)
    else if (this.#connection === null && this.#cancelRetry === null) this.#connect()
  }

  unfollow(follower: Follower): void {
    this.#followers = this.#followers.filter((other) => other !== follower)
  }

  close(): void {
    this.#isClosed = true
    this.#followers = []
    this.#cancelRetry?.()
    this.#connection?.close()
  }

  #connect(): void {
    this.#cancelRetry = null
    if (this.#isClosed) return
    const server = this.#servers[this.#attempts++ % this.#servers.length] as AddressPlan
    const connectTimeoutMs = Math.min(MAX_CONNECT_MS, this.#timeoutMs / this.#servers.length)
    const request = { session: this.#session, timeoutMs: this.#timeoutMs, lastZxid: this.#lastZxid, connectTimeoutMs }
    this.#connection = new Connection(server, request, { clock: this.#deps.clock, listener: this.#listener })
  }

  readonly #listener: ConnectionListener = {
    onOpen: (session) => {
      this.#session = session
      this.#isOpen = true
      this.#openedMs = this.#deps.clock.now()
      const isReplaced = this.#isReplacing
      this.#isReplacing = false
      for (const follower of this.#followers) follower.onConnected(this.#connection as Connection, isReplaced)
    },
    onExpired: () => {
      if (this.#session === null) return this.#lost(new Error('the server opens no session'), false)
      this.#giveUpSession()
      this.#connect()
    },
    onEvent: (path) => {
      for (const follower of this.#followers) follower.onEvent(path)
    },
    onLost: (error, wasRefused) => this.#lost(error, wasRefused)
  }

  #lost(error: Error, wasRefused: boolean): void {
    const now = this.#deps.clock.now()
    if (this.#isOpen) {
      this.#lostMs = now
      this.#lastZxid = this.#connection?.lastZxid ?? 0n
      if (now - this.#openedMs >= SHORT_LIFE_MS) this.#failures = 0
    }
    this.#isOpen = false
    this.#connection = null
    // A server that began anew knows of fewer transactions than the session and will never take it. One that is only behind, or has no
    // quorum, has had the time that the session lives.
    if (wasRefused && this.#session !== null && now - this.#lostMs >= this.#session.timeoutMs) this.#giveUpSession()
    this.#cancelRetry = this.#deps.clock.after(backoffMs(++this.#failures, this.#deps.random.next()), () => this.#connect())
    for (const follower of this.#followers) follower.onLost(error)
  }

  #giveUpSession(): void {
    this.#session = null
    this.#lastZxid = 0n
    this.#isReplacing = true
  }
}

function serverOf(text: string): AddressPlan {
  const parsed = parseAddress(text)
  if (!parsed.ok) throw new Error(`${JSON.stringify(text)}: ${parsed.reason}`)
  return parsed.value
}
