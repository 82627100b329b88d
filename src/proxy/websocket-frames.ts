/** No frame has a longer head: two bytes, eight of length, four of mask (RFC 6455 section 5.2). */
const MAX_HEAD = 14

const CLOSE = 0x8

/**
 * Follows the frames of one direction of a WebSocket (RFC 6455 section 5.2) as far as their heads: where one ends and the next begins,
 * and whether a Close has passed. Bytes of payload are skipped, whatever their number, and none is kept.
 */
export class FrameTracker {
  readonly #masked: boolean
  readonly #head = Buffer.alloc(MAX_HEAD)
  #headBytes = 0
  /** Bytes of payload that are still to come. */
  #left = 0
  #isClose = false
  #hasClosed = false
  #isLost = false

  /** @param masked What a client sends is masked, what a server sends is not (section 5.1). */
  constructor(masked: boolean) {
    this.#masked = masked
  }

  /** Between two frames: another one may be put in here. Also in the midst of a fragmented message (section 5.4). */
  get isAtBoundary(): boolean {
    return !this.#isLost && this.#left === 0 && this.#headBytes === 0
  }

  /** A whole Close has passed; nothing may follow it (section 5.5.1). */
  get hasClosed(): boolean {
    return this.#hasClosed
  }

  /** What passed is no WebSocket, or a broken one: no boundary is known any more. */
  get isLost(): boolean {
    return this.#isLost
  }

  follow(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && !this.#isLost) at = this.#step(chunk, at)
  }

  /** Follows the chunk up to the end of the frame that is under way. @returns how many bytes that is; -1 when it ends later. */
  followToBoundary(chunk: Buffer): number {
    let at = 0
    while (at < chunk.length && !this.#isLost) {
      at = this.#step(chunk, at)
      if (this.isAtBoundary) return at
    }
    return -1
  }

  /** Over the payload that is left, or over one byte of a head. */
  #step(chunk: Buffer, at: number): number {
    if (this.#left > 0) {
      const skipped = Math.min(this.#left, chunk.length - at)
      this.#left -= skipped
      if (this.#left === 0) this.#endFrame()
      return at + skipped
    }
    this.#head[this.#headBytes++] = chunk[at] as number
    this.#readHead()
    return at + 1
  }

  #readHead(): void {
    const head = this.#head
    if (this.#headBytes < 2) return
    if (this.#headBytes === 2 && this.#isWrong()) {
      this.#isLost = true
      return
    }
    const short = (head[1] as number) & 0x7f
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
    if (this.#headBytes < 2 + lengthBytes + (this.#masked ? 4 : 0)) return
    const length = short === 126 ? head.readUInt16BE(2) : short === 127 ? longLength(head) : short
    // The shortest form has to be used (section 5.2).
    if ((short === 126 && length < 126) || (short === 127 && length < 65_536)) {
      this.#isLost = true
      return
    }
    this.#isClose = ((head[0] as number) & 0x0f) === CLOSE
    this.#headBytes = 0
    this.#left = length
    if (length === 0) this.#endFrame()
  }

  /** Of the first two bytes; the reserved bits belong to extensions, which are the business of both ends. */
  #isWrong(): boolean {
    const [first = 0, second = 0] = this.#head
    const opcode = first & 0x0f
    const isControl = opcode >= CLOSE
    if ((opcode > 0x2 && opcode < CLOSE) || opcode > 0xa) return true
    if (((second & 0x80) !== 0) !== this.#masked) return true
    // Control frames are short and whole (section 5.5).
    return isControl && ((first & 0x80) === 0 || (second & 0x7f) > 125)
  }

  #endFrame(): void {
    if (this.#isClose) this.#hasClosed = true
    this.#isClose = false
  }
}

/** 0, which is refused, for a length that nobody can send. */
function longLength(head: Buffer): number {
  const high = head.readUInt32BE(2)
  return high > 0x1f_ffff ? 0 : high * 2 ** 32 + head.readUInt32BE(6)
}

/** Going away: a server that stops, or an intermediary that will not keep the connection (RFC 6455 section 7.4.1). */
export const GOING_AWAY = 1001

/**
 * A Close (RFC 6455 section 5.5.1).
 * @param reason At most 123 bytes.
 * @param mask Four bytes for a frame towards a server, which must be masked (section 5.3); null towards a client.
 */
export function closeFrame(code: number, reason: string, mask: Buffer | null): Buffer {
  const text = Buffer.from(reason)
  const payload = Buffer.alloc(2 + text.length)
  payload.writeUInt16BE(code)
  text.copy(payload, 2)
  if (mask === null) return Buffer.concat([Buffer.from([0x80 | CLOSE, payload.length]), payload])
  for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] as number) ^ (mask[i % 4] as number)
  return Buffer.concat([Buffer.from([0x80 | CLOSE, 0x80 | payload.length]), mask, payload])
}
