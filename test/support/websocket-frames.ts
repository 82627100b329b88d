import type { RawConnection } from './raw-client.ts'

export const CONTINUATION = 0x0
export const TEXT = 0x1
export const BINARY = 0x2
export const CLOSE = 0x8
export const PING = 0x9
export const PONG = 0xa

export interface FrameOptions {
  /** False for a fragment that is not the last one. */
  readonly fin?: boolean
  /** RSV1, RSV2, RSV3 as 4, 2, 1. */
  readonly rsv?: number
  /** Four bytes; what clients send has them. */
  readonly mask?: Buffer | null
}

/** A mask that is easy to see in a dump. */
export const MASK = Buffer.from([0x11, 0x22, 0x33, 0x44])

/** One frame as it goes over the wire (RFC 6455 section 5.2); nothing is checked, so that wrong ones can be made. */
export function frame(opcode: number, payload: Buffer | string = '', { fin = true, rsv = 0, mask = null }: FrameOptions = {}): Buffer {
  const body = Buffer.from(payload as string)
  const { length } = body
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  head[1] = (mask === null ? 0 : 0x80) | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return mask === null ? Buffer.concat([head, body]) : Buffer.concat([head, mask, xor(body, mask)])
}

export function closePayload(code: number, reason = ''): Buffer {
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(code)
  return Buffer.concat([payload, Buffer.from(reason)])
}

export interface SeenFrame {
  readonly fin: boolean
  readonly opcode: number
  readonly masked: boolean
  /** Without its mask. */
  readonly payload: Buffer
}

/** The next frame of a connection. @throws when the connection ends before */
export async function readFrame(connection: Pick<RawConnection, 'bytes'>): Promise<SeenFrame> {
  const [first = 0, second = 0] = await connection.bytes(2)
  const short = second & 0x7f
  const length =
    short === 126 ? (await connection.bytes(2)).readUInt16BE() : short === 127 ? Number((await connection.bytes(8)).readBigUInt64BE()) : short
  const masked = (second & 0x80) !== 0
  const mask = masked ? await connection.bytes(4) : null
  const payload = await connection.bytes(length)
  return { fin: (first & 0x80) !== 0, opcode: first & 0x0f, masked, payload: mask === null ? payload : xor(payload, mask) }
}

/** Code and reason of a Close. */
export function closeOf({ opcode, payload }: SeenFrame): { readonly opcode: number; readonly code: number; readonly reason: string } {
  return { opcode, code: payload.length < 2 ? 0 : payload.readUInt16BE(), reason: payload.subarray(2).toString() }
}

function xor(bytes: Buffer, mask: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, i) => byte ^ (mask[i % 4] as number)))
}
