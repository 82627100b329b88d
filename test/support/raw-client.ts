import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import type { Teardown } from './gateway.ts'

/** A message as it came over the wire: nothing decoded, nothing sorted, nothing joined. */
export interface RawResponse {
  readonly version: string
  readonly status: number
  readonly reason: string
  /** Name, value, name, value … */
  readonly fields: readonly string[]
  readonly body: Buffer
  readonly trailers: readonly string[]
  readonly framing: 'none' | 'length' | 'chunked' | 'close'
  /** False when the connection ended before the body was whole. */
  readonly complete: boolean
  /** The interim answers before it. */
  readonly interim: readonly RawHead[]
}

export interface RawHead {
  readonly version: string
  readonly status: number
  readonly reason: string
  readonly fields: readonly string[]
}

/** A connection that writes exactly what it is told and reads answers by hand (RFC 9112), as strictly as a test wants it. */
export class RawConnection {
  readonly socket: Socket
  #buffer: Buffer = Buffer.alloc(0)
  #chunks: Buffer[] = []
  #size = 0
  #closed = false
  #wake: (() => void) | null = null

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#size += chunk.length
      this.#notify()
    })
    socket.on('error', () => {})
    socket.on('end', () => this.#finish()).on('close', () => this.#finish())
  }

  static async open(t: Teardown, port: number): Promise<RawConnection> {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    t.teardown(() => socket.destroy())
    return new RawConnection(socket)
  }

  write(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  destroy(): void {
    this.socket.destroy()
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Bytes that came and were not read yet. */
  get pending(): number {
    return this.#size
  }

  /** Resolves when the other side has closed. */
  async closed(): Promise<void> {
    while (!this.#closed) await this.#more()
  }

  /** Everything that is left, up to the end of the connection. */
  async rest(): Promise<string> {
    await this.closed()
    return this.#take(this.#size).toString('latin1')
  }

  /** The next `count` bytes. @throws when the connection ends before */
  async bytes(count: number): Promise<Buffer> {
    while (this.#size < count) {
      if (this.#closed) throw new Error(`closed after ${this.#size} of ${count} bytes`)
      await this.#more()
    }
    return this.#take(count)
  }

  /** The next head, interim ones too. @throws when the connection ends before */
  async head(): Promise<RawHead> {
    const text = (await this.#until('\r\n\r\n')).toString('latin1')
    const [line = '', ...rest] = text.slice(0, -4).split('\r\n')
    const found = /^(HTTP\/1\.[01]) (\d{3}) (.*)$/s.exec(line)
    if (found === null) throw new Error(`not a status line: ${JSON.stringify(line)}`)
    return { version: found[1] as string, status: Number(found[2]), reason: found[3] as string, fields: rest.flatMap(splitField) }
  }

  /** The next final answer. `toHead`: it answers a HEAD request, so it has no body. */
  async response(toHead = false): Promise<RawResponse> {
    const interim: RawHead[] = []
    let head = await this.head()
    while (head.status < 200 && head.status !== 101) {
      interim.push(head)
      head = await this.head()
    }
    const none = { ...head, body: Buffer.alloc(0), trailers: [], complete: true, interim }
    if (toHead || head.status === 101 || head.status === 204 || head.status === 304) return { ...none, framing: 'none' }
    if (field(head.fields, 'transfer-encoding') !== undefined) return { ...none, framing: 'chunked', ...(await this.#chunked()) }
    const length = field(head.fields, 'content-length')
    if (length === undefined) {
      await this.closed()
      return { ...none, framing: 'close', body: this.#take(this.#size) }
    }
    while (this.#size < Number(length) && !this.#closed) await this.#more()
    const body = this.#take(Math.min(this.#size, Number(length)))
    return { ...none, framing: 'length', body, complete: body.length === Number(length) }
  }

  async #chunked(): Promise<{ body: Buffer; trailers: string[]; complete: boolean }> {
    const parts: Buffer[] = []
    const trailers: string[] = []
    try {
      for (;;) {
        const size = Number.parseInt((await this.#until('\r\n')).toString('latin1'), 16)
        if (size === 0) break
        parts.push((await this.bytes(size + 2)).subarray(0, size))
      }
      for (let line = (await this.#until('\r\n')).toString('latin1'); line !== '\r\n'; line = (await this.#until('\r\n')).toString('latin1')) {
        trailers.push(...splitField(line.slice(0, -2)))
      }
      return { body: Buffer.concat(parts), trailers, complete: true }
    } catch {
      return { body: Buffer.concat(parts), trailers, complete: false }
    }
  }

  async #until(mark: string): Promise<Buffer> {
    for (;;) {
      this.#join()
      const at = this.#buffer.indexOf(mark, 0, 'latin1')
      if (at !== -1) return this.#take(at + mark.length)
      if (this.#closed) throw new Error(`closed while waiting for a head, after ${JSON.stringify(this.#buffer.toString('latin1'))}`)
      await this.#more()
    }
  }

  #join(): void {
    if (this.#chunks.length === 0) return
    this.#buffer = Buffer.concat([this.#buffer, ...this.#chunks])
    this.#chunks = []
  }

  #take(count: number): Buffer {
    this.#join()
    const taken = this.#buffer.subarray(0, count)
    this.#buffer = this.#buffer.subarray(count)
    this.#size -= taken.length
    return taken
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #finish(): void {
    this.#closed = true
    this.#notify()
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '')]
}

/** All values of a field, joined; undefined when it is not there. */
export function field(fields: readonly string[], lowerName: string): string | undefined {
  const values = fieldsOf(fields, lowerName)
  return values.length === 0 ? undefined : values.join(', ')
}

export function fieldsOf(fields: readonly string[], lowerName: string): string[] {
  return fields.filter((_value, i) => i % 2 === 1 && fields[i - 1]?.toLowerCase() === lowerName)
}

/** One request over a connection of its own, written as it stands. */
export async function rawRequest(t: Teardown, port: number, bytes: string | Buffer, toHead = false): Promise<RawResponse> {
  const connection = await RawConnection.open(t, port)
  connection.write(bytes)
  return connection.response(toHead)
}
