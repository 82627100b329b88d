import { once } from 'node:events'
import net from 'node:net'
import { eventually } from './client.ts'
import type { Teardown } from './gateway.ts'

/** A sentinel whose words and moments a test chooses. */
export class ScriptedSentinel {
  readonly port: number
  /** The port of the primary that it names. */
  #primary: number
  #subscriber: net.Socket | null = null
  #promoted: number | null = null

  private constructor(port: number, primary: number) {
    this.port = port
    this.#primary = primary
  }

  static async start(t: Teardown, primary: number): Promise<ScriptedSentinel> {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const sentinel = new ScriptedSentinel((server.address() as net.AddressInfo).port, primary)
    const sockets = new Set<net.Socket>()
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      sentinel.#serve(socket)
    })
    t.teardown(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return sentinel
  }

  /** Resolves when somebody listens to what it announces. */
  heard(): Promise<void> {
    return eventually(() => this.#subscriber !== null)
  }

  /** The next who asks for the primary is in the middle of that when the failover is announced, and hears of the new one behind the announcement. */
  failOverAtNextQuestion(port: number): void {
    this.#promoted = port
  }

  #serve(socket: net.Socket): void {
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      received += text
      for (let command = read(received); command !== null; command = read(received)) {
        received = received.slice(command.length)
        void this.#answer(socket, command.words)
      }
    })
  }

  async #answer(socket: net.Socket, [name = '', subcommand = '']: readonly string[]): Promise<void> {
    if (name === 'subscribe') {
      this.#subscriber = socket
      socket.write('*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n')
    } else if (subcommand === 'get-master-addr-by-name') {
      await this.#announce()
      socket.write(bulks('127.0.0.1', String(this.#primary)))
    } else if (name === 'sentinel') socket.write('*0\r\n')
    else socket.write('+OK\r\n')
  }

  async #announce(): Promise<void> {
    const [subscriber, promoted] = [this.#subscriber, this.#promoted]
    if (subscriber === null || promoted === null) return
    this.#promoted = null
    const before = this.#primary
    this.#primary = promoted
    const gone = once(subscriber, 'close')
    subscriber.write(bulks('message', '+switch-master', `limits 127.0.0.1 ${before} 127.0.0.1 ${promoted}`))
    // Who has heard it hangs up.
    await gone
  }
}

/** The first whole command, which clients send as an array of strings. */
function read(text: string): { readonly words: readonly string[]; readonly length: number } | null {
  const parts = text.split('\r\n')
  const count = Number(parts[0]?.slice(1))
  const lines = 1 + 2 * count
  if (text === '' || parts.length <= lines) return null
  const words = Array.from({ length: count }, (_, index) => parts[2 + 2 * index] ?? '')
  return { words: words.map((word, index) => (index < 2 ? word.toLowerCase() : word)), length: parts.slice(0, lines).join('\r\n').length + 2 }
}

function bulks(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
}
