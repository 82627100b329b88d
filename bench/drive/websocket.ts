// Echoes over WebSockets: each sends its next message when the last one came back.
import { randomBytes } from 'node:crypto'
import net, { type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { Latencies, type Percentiles } from './latencies.ts'

const OPEN_MS = 5000
/** Messages below this have a length of one byte (RFC 6455 section 5.2). */
const SHORT = 126

export interface Echo {
  readonly connections: number
  readonly seconds: number
  /** Below 126. */
  readonly bytes: number
  /** Of the upgrade. */
  readonly headers: Readonly<Record<string, string>>
}

export interface EchoResult {
  readonly messages: number
  readonly seconds: number
  readonly latency: Percentiles
}

/** @throws when an upgrade is refused or an echo is not what was sent */
export async function echo(port: number, path: string, { connections, seconds, bytes, headers }: Echo): Promise<EchoResult> {
  const latencies = new Latencies()
  const message = randomBytes(bytes)
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const upgrade = upgradeOf(port, path, fields.join(''))
  const clients = await Promise.all(Array.from({ length: connections }, () => Client.open(port, upgrade, message, latencies)))
  const begun = performance.now()
  for (const client of clients) client.run()
  try {
    await Promise.race([setTimeout(seconds * 1000), ...clients.map(({ failed }) => failed)])
  } finally {
    for (const client of clients) client.close()
  }
  return { messages: latencies.count, seconds: (performance.now() - begun) / 1000, latency: latencies.percentiles }
}

class Client {
  readonly #socket: Socket
  readonly #sent: Buffer
  readonly #expected: Buffer
  readonly #latencies: Latencies
  readonly #failure = Promise.withResolvers<never>()
  #seen: Buffer = Buffer.alloc(0)
  #sentAt = 0

  private constructor(socket: Socket, message: Buffer, latencies: Latencies) {
    this.#socket = socket
    this.#sent = masked(message)
    this.#expected = Buffer.concat([Buffer.from([0x82, message.length]), message])
    this.#latencies = latencies
    this.#failure.promise.catch(() => {})
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.on('error', (error) => this.#failure.reject(error))
    socket.on('close', () => this.#failure.reject(new Error('a WebSocket was closed')))
  }

  get failed(): Promise<never> {
    return this.#failure.promise
  }

  static open(port: number, upgrade: string, message: Buffer, latencies: Latencies): Promise<Client> {
    if (message.length >= SHORT) throw new Error('the message is too long')
    return new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1')
      socket.setNoDelay(true).once('error', reject)
      socket.setTimeout(OPEN_MS, () => socket.destroy(new Error('no answer to an upgrade')))
      socket.write(upgrade)
      socket.once('data', (bytes) => {
        const text = bytes.toString('latin1')
        socket.removeListener('error', reject)
        socket.setTimeout(0)
        if (text.startsWith('HTTP/1.1 101 ') && text.endsWith('\r\n\r\n')) resolve(new Client(socket, message, latencies))
        else reject(new Error(`an upgrade was answered with ${text.slice(0, 40)}`))
      })
    })
  }

  run(): void {
    this.#sentAt = performance.now()
    this.#socket.write(this.#sent)
  }

  close(): void {
    this.#socket.removeAllListeners().on('error', () => {})
    this.#socket.destroy()
  }

  #receive(bytes: Buffer): void {
    this.#seen = this.#seen.length === 0 ? bytes : Buffer.concat([this.#seen, bytes])
    if (this.#seen.length < this.#expected.length) return
    if (!this.#seen.equals(this.#expected)) {
      this.#failure.reject(new Error('an echo is not what was sent'))
      return
    }
    this.#seen = Buffer.alloc(0)
    this.#latencies.record(performance.now() - this.#sentAt)
    this.run()
  }
}

function upgradeOf(port: number, path: string, fields: string): string {
  const key = randomBytes(16).toString('base64')
  return (
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${fields}\r\n`
  )
}

/** One binary message from a client. */
function masked(message: Buffer): Buffer {
  const mask = randomBytes(4)
  return Buffer.concat([Buffer.from([0x82, 0x80 | message.length]), mask, message.map((byte, i) => byte ^ (mask[i % 4] ?? 0))])
}
