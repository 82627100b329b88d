import net from 'node:net'
import type { AddressPlan } from '../../config/plan.ts'
import { formatAddress } from '../../config/address.ts'
import type { Clock } from '../../plugin-api/index.ts'
import { FrameReader } from './frames.ts'
import { JuteReader, JuteWriter } from './jute.ts'
import {
  CLOSE_SESSION,
  type ConnectRequest,
  PING,
  readConnect,
  type Session,
  writeConnect,
  XID_NOTIFICATION,
  XID_PING,
  ZookeeperError
} from './protocol.ts'

export interface ConnectionListener {
  onOpen(session: Session): void
  /** The session that was asked for is no more; the connection is closed. */
  onExpired(): void
  /** A watch has fired: something about that node is not as it was when it was read. */
  onEvent(path: string): void
  /** The connection is closed, unless somebody called `close`. `wasRefused` when a server was there, but did not take the session. */
  onLost(error: Error, wasRefused: boolean): void
}

interface Pending {
  readonly frame: Buffer
  readonly xid: number
  readonly resolve: (reader: JuteReader) => void
  readonly reject: (error: Error) => void
}

/** Requests on their way at a time; a service with thousands of nodes must not flood the server. */
const MAX_IN_FLIGHT = 64

/** One connection to one server, from the handshake to its end. Answers come in the order of the requests. */
export class Connection {
  readonly #clock: Clock
  readonly #listener: ConnectionListener
  readonly #name: string
  readonly #socket: net.Socket
  readonly #frames = new FrameReader()
  #isConnected = false
  #session: Session | null = null
  #isClosed = false
  #xid = 0
  #inFlight: Pending[] = []
  readonly #waiting: Pending[] = []
  #lastZxid: bigint
  #cancelSilence: () => void
  #cancelPing: (() => void) | null = null

  constructor(
    address: AddressPlan,
    request: ConnectRequest & { readonly connectTimeoutMs: number },
    { clock, listener }: { readonly clock: Clock; readonly listener: ConnectionListener }
  ) {
    this.#clock = clock
    this.#listener = listener
    this.#name = formatAddress(address)
    this.#lastZxid = request.lastZxid
    this.#cancelSilence = this.#limit(request.connectTimeoutMs)
    this.#socket = net.connect({ host: address.host, port: address.port, noDelay: true })
    this.#socket.on('connect', () => {
      this.#isConnected = true
      this.#socket.write(writeConnect(new JuteWriter(), request).frame())
    })
    this.#socket.on('data', (chunk) => this.#receive(chunk))
    this.#socket.on('error', (error) => this.#fail(reasonOf(error)))
    this.#socket.on('close', () => this.#fail(this.#session === null ? 'the server does not take the session' : 'the server closed the connection'))
  }

  /** The highest transaction that the server has told of. */
  get lastZxid(): bigint {
    return this.#lastZxid
  }

  /** @throws ZookeeperError when it is refused; Error when the connection ends before the answer */
  request(opcode: number, write: (writer: JuteWriter) => JuteWriter): Promise<JuteReader> {
    const xid = ++this.#xid
    const frame = write(new JuteWriter().int(xid).int(opcode)).frame()
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new Error(`${this.#name}: closed`))
      this.#waiting.push({ frame, xid, resolve, reject })
      this.#sendWaiting()
    })
  }

  /** Ends the session too, when there is one. */
  close(): void {
    if (this.#isClosed) return
    if (this.#session !== null) {
      const goodbye = new JuteWriter().int(++this.#xid).int(CLOSE_SESSION)
      this.#socket.write(goodbye.frame())
      this.#socket.destroySoon()
    }
    this.#end('closed')
  }

  #sendWaiting(): void {
    while (this.#inFlight.length < MAX_IN_FLIGHT) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#inFlight.push(next)
      this.#socket.write(next.frame)
    }
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosed) return
    try {
      for (const frame of this.#frames.push(chunk)) {
        this.#cancelSilence()
        if (this.#session === null) this.#open(readConnect(new JuteReader(frame)))
        else this.#take(new JuteReader(frame), this.#session)
        if (this.#isClosed) return
      }
    } catch (error) {
      this.#fail(`no answer of a ZooKeeper: ${reasonOf(error)}`)
    }
  }

  #open(session: Session | null): void {
    if (session === null) {
      this.#end('session expired')
      return this.#listener.onExpired()
    }
    this.#session = session
    this.#listen(session)
    this.#pingLater(session)
    this.#listener.onOpen(session)
  }

  /** `ReplyHeader`, then what was asked for. */
  #take(reader: JuteReader, session: Session): void {
    this.#listen(session)
    const [xid, zxid, code] = [reader.int(), reader.long(), reader.int()]
    if (zxid > this.#lastZxid) this.#lastZxid = zxid
    if (xid === XID_PING) return
    if (xid === XID_NOTIFICATION) {
      // `WatcherEvent`: type, state and path. Whatever it was, the node is to be read again.
      reader.int()
      reader.int()
      return this.#listener.onEvent(reader.text())
    }
    const pending = this.#inFlight.shift()
    if (pending?.xid !== xid) throw new Error(`answer ${xid} was not asked for`)
    this.#sendWaiting()
    if (code === 0) pending.resolve(reader)
    else pending.reject(new ZookeeperError(code))
  }

  /** A server that has nothing to say answers pings; two thirds of the session's time leave another server the last one. */
  #listen({ timeoutMs }: Session): void {
    this.#cancelSilence()
    this.#cancelSilence = this.#limit((timeoutMs * 2) / 3)
  }

  #limit(ms: number): () => void {
    return this.#clock.after(ms, () => this.#fail(`silent for ${Math.round(ms)} ms`))
  }

  #pingLater(session: Session): void {
    this.#cancelPing = this.#clock.after(session.timeoutMs / 3, () => {
      this.#socket.write(new JuteWriter().int(XID_PING).int(PING).frame())
      this.#pingLater(session)
    })
  }

  #fail(reason: string): void {
    if (this.#isClosed) return
    const error = new Error(`${this.#name}: ${reason}`)
    this.#end(reason)
    this.#listener.onLost(error, this.#isConnected && this.#session === null)
  }

  #end(reason: string): void {
    this.#isClosed = true
    this.#cancelSilence()
    this.#cancelPing?.()
    // Otherwise it still has to say goodbye.
    if (this.#socket.writable) this.#socket.destroy()
    const error = new Error(`${this.#name}: ${reason}`)
    for (const { reject } of [...this.#inFlight.splice(0), ...this.#waiting.splice(0)]) reject(error)
  }
}

function reasonOf(error: unknown): string {
  // Several addresses of one name were tried.
  const one: unknown = error instanceof AggregateError ? error.errors.at(-1) : error
  return one instanceof Error ? one.message : String(one)
}
