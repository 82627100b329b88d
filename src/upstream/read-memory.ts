import type { Socket } from 'node:net'

const KIB = 1024
const MIB = 1024 * KIB

/** Shorter reads are copied into memory of their own, which costs little. */
const SMALLEST_LENT_BYTES = 16 * KIB
/** What is lent: a large answer is read in a fourth of the turns that Node's own 64 KiB take. */
const SIZES = [64 * KIB, 256 * KIB] as const
/** What a socket reads at most at once: at first the least, more when it has read as much as it could. */
const READS = [SMALLEST_LENT_BYTES, ...SIZES] as const
/** With so much lent, the largest read is no longer made: a client that does not read its answer holds what was read for it. */
const MOST_LENT_BYTES = [24 * MIB, 12 * MIB] as const
/** What stays at hand of each size. */
const MOST_KEPT_BYTES = 12 * MIB

/** One piece of memory, without leading to it. */
interface Loan {
  readonly size: number
  /** What of it was filled; 0 while it is not lent. */
  length: number
}

/**
 * Memory for what is read from endpoints, lent and given back. Node takes new memory for each read. With some hundred large answers a second
 * that has V8 mark its whole heap over and over, which costs more than all the rest, and leaves the process with what was not collected yet
 * (docs/performance.md).
 *
 * To be given back is only what nobody has any more: answers leave piece by piece in their order, so the last piece of a read tells of all. What
 * is never given back does no harm: it is collected as ever.
 */
export class ReadMemory {
  /** Sockets read into it by turns, each with one system call, and what was read is copied at once. */
  readonly #views: readonly Buffer[]
  readonly #loans = new WeakMap<ArrayBufferLike, Loan>()
  readonly #kept: readonly Buffer[][] = SIZES.map(() => [])
  #lentBytes = 0
  /** Which of the reads the socket that has read last is to make next. */
  #next = 0
  readonly #collected = new FinalizationRegistry<Loan>(({ size, length }) => {
    if (length > 0) this.#lentBytes -= size
  })

  /** Options of `net.connect`: the socket reads into this memory. */
  readonly onread = {
    buffer: (): Buffer => this.#takeView(),
    callback: readInto(this)
  }

  constructor() {
    const shared = Buffer.allocUnsafeSlow(SIZES[1])
    this.#views = READS.map((length) => shared.subarray(0, length))
  }

  get lentBytes(): number {
    return this.#lentBytes
  }

  /** What a socket has read into its view. */
  read(view: Buffer, length: number): Buffer {
    const size = view.length
    if (length === size) this.#next = size < SIZES[0] ? 1 : 2
    else this.#next = length > SIZES[0] ? 2 : length > SMALLEST_LENT_BYTES ? 1 : 0
    return this.#lend(view, length)
  }

  /** A copy of the first `length` bytes, to be given back or not. */
  #lend(bytes: Buffer, length: number): Buffer {
    if (length <= SMALLEST_LENT_BYTES) {
      const copy = Buffer.allocUnsafe(length)
      bytes.copy(copy, 0, 0, length)
      return copy
    }
    const which = length <= SIZES[0] ? 0 : 1
    const memory = this.#kept[which]?.pop() ?? this.#make(SIZES[which])
    const loan = this.#loans.get(memory.buffer) as Loan
    loan.length = length
    this.#lentBytes += loan.size
    const lent = memory.subarray(0, length)
    bytes.copy(lent, 0, 0, length)
    return lent
  }

  /** The last piece of what was lent at once has left, behind all others. Nothing happens if it is not the last one, or none at all. */
  giveBack(piece: Buffer): void {
    const loan = this.#loans.get(piece.buffer)
    if (loan === undefined || loan.length !== piece.byteOffset + piece.length) return
    loan.length = 0
    this.#lentBytes -= loan.size
    const kept = this.#kept[loan.size === SIZES[0] ? 0 : 1] as Buffer[]
    if (kept.length * loan.size < MOST_KEPT_BYTES) kept.push(Buffer.from(piece.buffer))
  }

  #make(size: number): Buffer {
    const memory = Buffer.allocUnsafeSlow(size)
    const loan = { size, length: 0 }
    this.#loans.set(memory.buffer, loan)
    this.#collected.register(memory.buffer, loan)
    return memory
  }

  /** Node calls for the next view of a socket right after `read`, or for the first one. */
  #takeView(): Buffer {
    const wanted = this.#next
    this.#next = 0
    const most = this.#lentBytes < MOST_LENT_BYTES[1] ? 2 : this.#lentBytes < MOST_LENT_BYTES[0] ? 1 : 0
    return this.#views[Math.min(wanted, most)] as Buffer
  }
}

/** Called by Node as a method of the socket. */
function readInto(memory: ReadMemory) {
  return function (this: Socket, length: number, bytes: Uint8Array): boolean {
    return this.push(memory.read(bytes as Buffer, length))
  }
}
