/** Writes what ZooKeeper's serialization, jute, calls a record: numbers in network order, texts and buffers after their length. */
export class JuteWriter {
  readonly #parts: Buffer[] = []

  int(value: number): this {
    const part = Buffer.alloc(4)
    part.writeInt32BE(value)
    this.#parts.push(part)
    return this
  }

  long(value: bigint): this {
    const part = Buffer.alloc(8)
    part.writeBigInt64BE(value)
    this.#parts.push(part)
    return this
  }

  bool(value: boolean): this {
    this.#parts.push(Buffer.of(value ? 1 : 0))
    return this
  }

  buffer(value: Buffer): this {
    this.int(value.length)
    this.#parts.push(value)
    return this
  }

  text(value: string): this {
    return this.buffer(Buffer.from(value))
  }

  /** All that was written, after its length: what goes over the wire. */
  frame(): Buffer {
    const body = Buffer.concat(this.#parts)
    const length = Buffer.alloc(4)
    length.writeInt32BE(body.length)
    return Buffer.concat([length, body])
  }
}

/** Reads a record field by field. @throws RangeError where it is too short */
export class JuteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int(): number {
    const value = this.#bytes.readInt32BE(this.#at)
    this.#at += 4
    return value
  }

  long(): bigint {
    const value = this.#bytes.readBigInt64BE(this.#at)
    this.#at += 8
    return value
  }

  /** A length of -1 is null, told as an empty one. */
  buffer(): Buffer {
    const length = Math.max(0, this.int())
    if (this.#at + length > this.#bytes.length) throw new RangeError('a field is longer than its frame')
    const value = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return value
  }

  text(): string {
    return this.buffer().toString()
  }

  texts(): readonly string[] {
    const texts: string[] = []
    for (let left = this.int(); left > 0; left--) texts.push(this.text())
    return texts
  }
}
