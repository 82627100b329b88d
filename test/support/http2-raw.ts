import { once } from 'node:events'
import tls, { type TLSSocket } from 'node:tls'
import type { Teardown } from './gateway.ts'

/** Frame types of RFC 9113 section 6. */
export const DATA = 0
export const HEADERS = 1
export const RST_STREAM = 3
export const SETTINGS = 4
export const PING = 6
export const GOAWAY = 7
export const WINDOW_UPDATE = 8
export const CONTINUATION = 9

export const END_STREAM = 1
export const END_HEADERS = 4
const ACK = 1

/** The largest payload that a peer takes unless it says more. */
const FRAME_BYTES = 16_384

export type RawFields = readonly (readonly [name: string, value: string])[]

/** What came on one stream. */
export interface RawAnswer {
  /** 0 when no head came. */
  readonly status: number
  readonly body: string
  /** Code of RST_STREAM; null when the stream was not reset. */
  readonly reset: number | null
  readonly ended: boolean
}

interface Stream {
  status: number
  body: Buffer[]
  reset: number | null
  ended: boolean
}

/** An HTTP/2 client that writes what it is told, right or wrong, and reads no more of an answer than its status and content. */
export class RawHttp2 {
  readonly socket: TLSSocket
  /** Code of the GOAWAY that came; null before one did. */
  goaway: number | null = null
  closed = false
  readonly #streams = new Map<number, Stream>()
  #buffer: Buffer = Buffer.alloc(0)
  #nextId = 1
  #wake: (() => void)[] = []

  private constructor(socket: TLSSocket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
      this.#notify()
    })
  }

  static async open(t: Teardown, port: number): Promise<RawHttp2> {
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'], servername: 'localhost' })
    t.teardown(() => socket.destroy())
    await once(socket, 'secureConnect')
    socket.setNoDelay(true)
    const client = new RawHttp2(socket)
    client.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    // Without a dynamic table the status of every answer is there in full.
    client.frame(SETTINGS, 0, 0, Buffer.from([0, 1, 0, 0, 0, 0]))
    return client
  }

  frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): void {
    this.socket.write(frame(type, flags, stream, payload))
  }

  /** Opens a stream. @param more Whether a body follows. */
  send(fields: RawFields, more = false): number {
    const id = this.#nextId
    this.#nextId += 2
    const bytes = block(fields)
    const first = bytes.subarray(0, FRAME_BYTES)
    this.frame(HEADERS, (first.length === bytes.length ? END_HEADERS : 0) | (more ? 0 : END_STREAM), id, first)
    for (let at = FRAME_BYTES; at < bytes.length; at += FRAME_BYTES) {
      this.frame(CONTINUATION, at + FRAME_BYTES >= bytes.length ? END_HEADERS : 0, id, bytes.subarray(at, at + FRAME_BYTES))
    }
    return id
  }

  data(stream: number, body: string, end = true): void {
    this.frame(DATA, end ? END_STREAM : 0, stream, Buffer.from(body))
  }

  reset(stream: number, code: number): void {
    this.frame(RST_STREAM, 0, stream, uint32(code))
  }

  /** Resolves when the stream has ended, well or not, or the connection has. */
  async answer(stream: number): Promise<RawAnswer> {
    while (!this.closed && !this.#isOver(stream)) await new Promise<void>((resolve) => this.#wake.push(resolve))
    const { status, body, reset, ended } = this.#stream(stream)
    return { status, body: Buffer.concat(body).toString(), reset, ended }
  }

  /** Resolves to the code by which the stream is reset, also behind its answer; null when the connection ends before. */
  async resetOf(stream: number): Promise<number | null> {
    while (!this.closed && this.#stream(stream).reset === null) await new Promise<void>((resolve) => this.#wake.push(resolve))
    return this.#stream(stream).reset
  }

  /** Resolves when the connection is closed. */
  async over(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => this.#wake.push(resolve))
  }

  #isOver(id: number): boolean {
    const { ended, reset } = this.#stream(id)
    return ended || reset !== null
  }

  #stream(id: number): Stream {
    let stream = this.#streams.get(id)
    if (stream === undefined) this.#streams.set(id, (stream = { status: 0, body: [], reset: null, ended: false }))
    return stream
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    while (this.#buffer.length >= 9) {
      const length = this.#buffer.readUIntBE(0, 3)
      if (this.#buffer.length < 9 + length) break
      const [type, flags, id] = [this.#buffer[3] as number, this.#buffer[4] as number, this.#buffer.readUInt32BE(5)]
      this.#take(type, flags, id, this.#buffer.subarray(9, 9 + length))
      this.#buffer = this.#buffer.subarray(9 + length)
    }
    this.#notify()
  }

  #take(type: number, flags: number, id: number, payload: Buffer): void {
    if (type === SETTINGS && (flags & ACK) === 0) this.frame(SETTINGS, ACK, 0)
    if (type === GOAWAY) this.goaway = payload.readUInt32BE(4)
    if (type === RST_STREAM) this.#stream(id).reset ??= payload.readUInt32BE(0)
    if (type === DATA) {
      this.#stream(id).body.push(Buffer.from(payload))
      if (payload.length > 0) this.frame(WINDOW_UPDATE, 0, 0, uint32(payload.length))
    }
    if (type === HEADERS) this.#stream(id).status ||= statusOf(payload)
    if ((type === HEADERS || type === DATA) && (flags & END_STREAM) !== 0) this.#stream(id).ended = true
  }

  #notify(): void {
    const waiting = this.#wake
    this.#wake = []
    for (const wake of waiting) wake()
  }
}

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Literals that are never indexed, without Huffman coding (RFC 7541 section 6.2.3): any name and any value, byte for byte. */
export function block(fields: RawFields): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0x10]), text(name), text(value)]))
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  return Buffer.concat([integer(bytes.length), bytes])
}

/** With a prefix of seven bits (RFC 7541 section 5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value])
  const bytes = [127]
  let rest = value - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Statuses of the static table (RFC 7541 appendix A), from index 8 on. */
const STATIC = [200, 204, 206, 304, 400, 404, 500]
/** The digits' codes of RFC 7541 appendix B. */
const DIGITS = ['00000', '00001', '00010', '011001', '011010', '011011', '011100', '011101', '011110', '011111']

/** Of a head that begins with the status, as every answer does. @throws Error for one that does not */
function statusOf(payload: Buffer): number {
  const first = payload[0] as number
  // The dynamic table has no size, as was asked for.
  if (first === 0x20) return statusOf(payload.subarray(1))
  if (first >= 0x88 && first <= 0x8e) return STATIC[first - 0x88] as number
  // A literal whose name is in the static table, indexed or not.
  if (![0x08, 0x18, 0x48].includes(first)) throw new Error(`a head that begins with ${first}`)
  const length = (payload[1] as number) & 0x7f
  const value = payload.subarray(2, 2 + length)
  if (((payload[1] as number) & 0x80) === 0) return Number(value.toString())
  let bits = [...value].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  let digits = ''
  while (digits.length < 3) {
    const digit = DIGITS.findIndex((code) => bits.startsWith(code))
    if (digit === -1) throw new Error('a status that is no number')
    digits += digit
    bits = bits.slice((DIGITS[digit] as string).length)
  }
  return Number(digits)
}
