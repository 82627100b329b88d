import net, { type Socket } from 'node:net'
import { once } from 'node:events'

const TICK_MS = 10
const REQUEST = 'GET /load HTTP/1.1\r\nHost: soak\r\n\r\n'
const HEAD_END = '\r\n\r\n'

/** A constant rate of small requests, spread over connections that are never given up: whatever ends one is a failure. */
export class Load {
  readonly #port: number
  readonly #size: number
  #perTick: number
  readonly #free: Connection[] = []
  readonly #sockets: Socket[] = []
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  answered = 0
  slowestMs = 0
  readonly failures: string[] = []

  constructor(port: number, size: number, perSecond: number) {
    this.#port = port
    this.#size = size
    this.#perTick = perTickOf(perSecond)
  }

  set perSecond(rate: number) {
    this.#perTick = perTickOf(rate)
  }

  async start(): Promise<void> {
    for (let i = 0; i < this.#size; i++) {
      const socket = net.connect(this.#port, '127.0.0.1')
      this.#sockets.push(socket)
      await once(socket, 'connect')
      this.#free.push(new Connection(socket, (connection, failure) => this.#done(connection, failure)))
    }
    this.#timer = setInterval(() => {
      // In turn, so that none stays unused.
      for (const connection of this.#free.splice(0, this.#perTick)) connection.send()
    }, TICK_MS)
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
    for (const socket of this.#sockets) socket.destroy()
  }

  #done(connection: Connection, failure: string | null): void {
    if (this.#stopped) return
    if (failure !== null) {
      this.failures.push(failure)
      return
    }
    this.answered++
    this.slowestMs = Math.max(this.slowestMs, connection.tookMs)
    this.#free.push(connection)
  }
}

function perTickOf(perSecond: number): number {
  return Math.ceil((perSecond * TICK_MS) / 1000)
}

class Connection {
  readonly #socket: Socket
  readonly #done: (connection: Connection, failure: string | null) => void
  #received = ''
  #sentAt = 0
  tookMs = 0

  constructor(socket: Socket, done: (connection: Connection, failure: string | null) => void) {
    this.#socket = socket
    this.#done = done
    socket.setEncoding('latin1').on('data', (text: string) => this.#onData(text))
    socket.on('error', (error) => done(this, error.message))
    socket.on('close', (hadError) => {
      if (!hadError) done(this, 'closed')
    })
  }

  send(): void {
    this.#received = ''
    this.#sentAt = performance.now()
    this.#socket.write(REQUEST)
  }

  #onData(text: string): void {
    this.#received += text
    const end = this.#received.indexOf(HEAD_END)
    if (end === -1) return
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#received)?.[1] ?? Number.NaN)
    const missing = end + HEAD_END.length + length - this.#received.length
    if (missing > 0) return
    this.tookMs = performance.now() - this.#sentAt
    const isGood = missing === 0 && this.#received.startsWith('HTTP/1.1 200 ')
    this.#done(this, isGood ? null : this.#received.slice(0, 80))
  }
}
