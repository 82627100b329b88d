/** Above what any answer has in earnest: ZooKeeper's own limit of a node, `jute.maxbuffer`, is 1 MiB. */
export const MAX_FRAME_BYTES = 8 * 1024 * 1024

const LENGTH_BYTES = 4

/** Finds the frames, each after its length, in a stream of bytes. */
export class FrameReader {
  #chunks: Buffer[] = []
  #size = 0

  /** The frames that this chunk completes. @throws Error for one that is too long to be waited for */
  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    const frames: Buffer[] = []
    for (let end = this.#end(); this.#size >= end; end = this.#end()) {
      const all = this.#join()
      frames.push(all.subarray(LENGTH_BYTES, end))
      this.#chunks = [all.subarray(end)]
      this.#size -= end
    }
    return frames
  }

  /** How many bytes there have to be for the first frame to be whole. */
  #end(): number {
    if (this.#size < LENGTH_BYTES) return LENGTH_BYTES
    const first = this.#chunks[0] as Buffer
    const length = (first.length < LENGTH_BYTES ? this.#join() : first).readInt32BE()
    if (length < 0 || length > MAX_FRAME_BYTES) throw new Error(`a frame of ${length} bytes is not read`)
    return LENGTH_BYTES + length
  }

  /** Not for every chunk: a long frame comes in many. */
  #join(): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
    this.#chunks = [all]
    return all
  }
}
