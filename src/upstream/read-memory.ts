import type { Socket } from 'node:net'

const KIB = 1024
const MIB = 1024 * KIB

/** Shorter reads are copied into memory of their own, which costs little. */
const MOST_COPIED_BYTES = 4 * KIB
/**
 * What is lent, and what a socket reads at most at once: at first the least, more when it has read as much as it could. A large answer is then
 * read in a fourth of the turns that Node's own 64 KiB take.
 */
const SIZES = [16 * KIB, 64 * KIB, 256 * KIB] as const
/** With so much lent, reads of this size are no longer made: a client that does not read its answer holds what was read for it. */
const MOST_LENT_BYTES = { middle: 24 * MIB, large: 12 * MIB } as const
/** What stays at hand of each size. */
const MOST_KEPT_BYTES = 12 * MIB

/** One piece of memory, without leading to it. */
interface Loan {
  /** Which of the sizes. */
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
    if (length > 0) this.#lentBytes -= SIZES[size] as number
  })

  /** Options of `net.connect`: the socket reads into this memory. */
  readonly onread = {
    buffer: (): Buffer => this.#takeView(),
    callback: readInto(this)
  }

  constructor() {
    const shared = Buffer.allocUnsafeSlow(SIZES[2])
    this.#views = SIZES.map((length) => shared.subarray(0, length))
  }

  get lentBytes(): number {
    return this.#lentBytes
  }

  /** A copy of what a socket has read into its view. */
  read(view: Buffer, length: number): Buffer {
    const size = sizeFor(length)
    this.#next = length === view.length ? Math.min(size + 1, 2) : size
    if (length > MOST_COPIED_BYTES) return this.#lend(view, length, size)
    const copy = Buffer.allocUnsafe(length)
    view.copy(copy, 0, 0, length)
    return copy
  }

  #lend(view: Buffer, length: number, size: number): Buffer {
    const memory = this.#kept[size]?.pop() ?? this.#make(size)
    const loan = this.#loans.get(memory.buffer) as Loan
    loan.length = length
    this.#lentBytes += memory.length
    const lent = memory.subarray(0, length)
    view.copy(lent, 0, 0, length)
    return lent
  }

  /** The last piece of what was lent at once has left, behind all others. Nothing happens if it is not the last one, or none at all. */
  giveBack(piece: Buffer): void {
    const loan = this.#loans.get(piece.buffer)
    if (loan === undefined || loan.length !== piece.byteOffset + piece.length) return
    loan.length = 0
    const memory = Buffer.from(piece.buffer)
    this.#lentBytes -= memory.length
    const kept = this.#kept[loan.size] as Buffer[]
    if (kept.length * memory.length < MOST_KEPT_BYTES) kept.push(memory)
  }

  #make(size: number): Buffer {
    const memory = Buffer.allocUnsafeSlow(SIZES[size] as number)
    const loan = { size, length: 0 }
    this.#loans.set(memory.buffer, loan)
    this.#collected.register(memory.buffer, loan)
    return memory
  }

  /** Node calls for the next view of a socket right after `read`, or for the first one. */
  #takeView(): Buffer {
    const wanted = this.#next
    this.#next = 0
    const most = this.#lentBytes < MOST_LENT_BYTES.large ? 2 : this.#lentBytes < MOST_LENT_BYTES.middle ? 1 : 0
    return this.#views[Math.min(wanted, most)] as Buffer
  }
}

function sizeFor(length: number): number {
  return length <= SIZES[0] ? 0 : length <= SIZES[1] ? 1 : 2
}

/** Called by Node as a method of the socket. */
function readInto(memory: ReadMemory) {
  return function (this: Socket, length: number, bytes: Uint8Array): boolean {
    return this.push(memory.read(bytes as Buffer, length))
  }
}
