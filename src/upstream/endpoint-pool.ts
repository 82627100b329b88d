import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { buildConnector } from 'undici'
import type { Clock } from '../plugin-api/index.ts'
import type { AttemptSink, Transport, UpstreamRequest } from '../proxy/ports.ts'
import type { Sweep } from '../proxy/sweep.ts'
import { connectFailure } from './failure.ts'
import { Connection, type ConnectionOwner, type Order } from './http1/connection.ts'
import { KnownHead } from './http1/known-head.ts'
import { type RequestHead, type RequestLines, requestHead } from './http1/request-head.ts'
import type { ReadMemory } from './read-memory.ts'
import { tlsOptions } from './tls-options.ts'

export interface EndpointPoolOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly origin: string
  readonly connectMs: number
  /** From the request to the head of its answer; 0 for no limit. */
  readonly responseMs: number
  readonly tls: {
    readonly caPem: string | null
    readonly certPem: string | null
    readonly keyPem: string | null
    readonly serverName: string | null
    readonly insecureSkipVerify: boolean
  } | null
}

/** What all pools of a gateway have together. */
export interface PoolServices {
  readonly clock: Pick<Clock, 'after'>
  /** Looks at connections whose time may be up, about every `TICK_MS`. */
  readonly sweep: Sweep
  /** Null: Node takes new memory for each read. */
  readonly memory: ReadMemory | null
}

export interface EndpointPool extends Transport {
  /** Waits for running requests, then closes every connection. */
  close(): Promise<void>
  /** Open connections, for the admin API and tests. */
  readonly connected: number
}

const CONNECTION = Symbol('connection that reads from a socket')
/** Bytes that may wait in the stream of a WebSocket before nothing more is read. */
const READ_AHEAD_BYTES = 16 * 1024

/** The connections to one endpoint: HTTP/1.1, kept alive, one request at a time on each. */
export function createEndpointPool(options: EndpointPoolOptions, services: PoolServices): EndpointPool {
  return new Pool(options, services)
}

class Pool implements EndpointPool, ConnectionOwner {
  readonly memory: ReadMemory | null
  readonly responseMs: number
  readonly known = new KnownHead()
  readonly #requestLines: RequestLines = []
  readonly #services: PoolServices
  readonly #options: EndpointPoolOptions
  /** Made for the first connection: a configuration may have thousands of endpoints that are never used. */
  #connect: ((callback: buildConnector.Callback) => void) | null = null
  readonly #open = new Set<Connection>()
  /** The one that was used last is used first: the others come to their end. */
  #idle: Connection[] = []
  /** How many of them were closed meanwhile. To take each out by itself would take long for thousands. */
  #closed = 0
  #connecting = 0
  /** What goes over a connection that was used before, at the end of this turn of the event loop. */
  #due: { readonly connection: Connection; readonly order: Order }[] = []
  #close: PromiseWithResolvers<void> | null = null

  constructor(options: EndpointPoolOptions, services: PoolServices) {
    // A record of TLS has at most 16 KiB: there are no larger reads to save.
    this.memory = options.tls === null ? services.memory : null
    this.responseMs = options.responseMs
    this.#options = options
    this.#services = services
  }

  get connected(): number {
    return this.#open.size
  }

  after(ms: number, run: () => void): () => void {
    return this.#services.clock.after(ms, run)
  }

  send(request: UpstreamRequest, sink: AttemptSink): void {
    if (this.#close !== null) return sink.onFailure({ kind: 'connect-failure', error: new Error('the pool is closed') })
    let head: RequestHead
    try {
      head = requestHead(request, this.#requestLines)
    } catch (error) {
      sink.onFailure({ kind: 'invalid-request', error: error as Error })
      return
    }
    this.#assign({ head, request, sink })
  }

  async close(): Promise<void> {
    this.#close ??= Promise.withResolvers()
    const idle = this.#idle
    this.#idle = []
    for (const connection of idle) connection.destroy()
    this.#closeIfDone()
    return this.#close.promise
  }

  onFree(connection: Connection): void {
    if (this.#close !== null) return connection.destroy()
    connection.isIdle = true
    this.#idle.push(connection)
  }

  onGone(connection: Connection): void {
    this.#open.delete(connection)
    this.#services.sweep.remove(connection)
    if (connection.isIdle && ++this.#closed * 2 > this.#idle.length) {
      this.#idle = this.#idle.filter(({ isOpen }) => isOpen)
      this.#closed = 0
    }
    this.#closeIfDone()
  }

  /**
   * Bytes, or the end, of a connection that is not in use may have come already and be read in this very turn: a request that was written before
   * would take them for its answer.
   */
  #assign(order: Order): void {
    const connection = this.#takeIdle()
    if (connection === null) {
      this.#dial(order)
      return
    }
    if (this.#due.push({ connection, order }) === 1) setImmediate(this.#startDue)
  }

  #takeIdle(): Connection | null {
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined) return null
      connection.isIdle = false
      if (connection.isOpen) return connection
      this.#closed--
    }
  }

  readonly #startDue = (): void => {
    const due = this.#due
    this.#due = []
    for (const { connection, order } of due) {
      if (connection.isOpen) connection.start(order)
      else this.#dial(order)
    }
  }

  #dial(order: Order): void {
    this.#connecting++
    this.#connect ??= createConnect(this.#options, this.memory)
    this.#connect((error, socket) => {
      this.#connecting--
      if (error !== null || !(socket instanceof Socket)) {
        order.sink.onFailure(connectFailure(error ?? new Error('no connection')))
        this.#closeIfDone()
        return
      }
      const connection = new Connection(socket, this)
      listen(socket, connection)
      this.#open.add(connection)
      this.#services.sweep.add(connection)
      connection.start(order)
    })
  }

  #closeIfDone(): void {
    if (this.#close !== null && this.#open.size === 0 && this.#connecting === 0 && this.#due.length === 0) this.#close.resolve()
  }
}

function createConnect({ origin, connectMs, tls }: EndpointPoolOptions, memory: ReadMemory | null): (callback: buildConnector.Callback) => void {
  const { protocol, hostname, port, host } = new URL(origin)
  const target = { protocol, hostname: hostname.replace(/^\[(.*)\]$/, '$1'), host, port }
  // undici hands them on to `net.connect`, which its types do not say.
  const socketOptions = {
    highWaterMark: READ_AHEAD_BYTES,
    ...(memory === null ? {} : { onread: { buffer: memory.onread.buffer, callback: readInto(memory) } })
  }
  const connect = buildConnector({ allowH2: false, timeout: connectMs, ...tlsOptions(tls), ...socketOptions })
  return (callback) => connect(target, callback)
}

interface ReadSocket extends Socket {
  [CONNECTION]?: Connection
}

function listen(socket: ReadSocket, connection: Connection): void {
  socket[CONNECTION] = connection
  // The memory of a socket without TLS is read into by `onread`.
  if (socket instanceof TLSSocket || connection.memory === null) socket.on('data', connection.onData)
}

/** Called by Node as a method of the socket. */
function readInto(memory: ReadMemory) {
  return function (this: ReadSocket, length: number, bytes: Uint8Array): boolean {
    const chunk = memory.read(bytes as Buffer, length)
    const connection = this[CONNECTION]
    // Of a WebSocket, which is a stream from its switch on.
    if (connection === undefined || connection.isSwitched) return this.push(chunk)
    connection.receive(chunk)
    return true
  }
}
