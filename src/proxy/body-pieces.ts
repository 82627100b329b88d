/** More pieces than this are joined while they are gathered: each costs some hundred bytes besides what it holds, and a client may send single bytes. */
const MOST_LOOSE = 64

/** The beginning of a body, for as long as somebody may want to read it from there. */
export class BodyPieces {
  #pieces: Buffer[] = []
  /** Bytes in pieces that were joined already, at the front. */
  #bytes = 0
  #isWhole = true

  get length(): number {
    return this.#pieces.length
  }

  /** Whether everything that came is still here. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  at(index: number): Buffer | undefined {
    return this.#pieces[index]
  }

  /** While nobody reads: pieces may be joined, which changes their numbers. */
  gather(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#bytes += piece.length
    if (this.#pieces.length > MOST_LOOSE) this.#pieces = [Buffer.concat(this.#pieces, this.#bytes)]
  }

  /** While somebody reads. Too many small ones are not worth to be kept. */
  keep(piece: Buffer): void {
    if (!this.#isWhole) return
    if (this.#pieces.length < MOST_KEPT) this.#pieces.push(piece)
    else this.drop()
  }

  /** The body can not be read from its beginning any more. */
  drop(): void {
    this.#isWhole = false
    this.#pieces = []
  }
}

/** Of 64 KiB as ordinary clients send them there are a few dozen. */
const MOST_KEPT = 1_024
