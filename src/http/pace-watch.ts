import { type ByteRate, timeLeft } from '../proxy/byte-rate.ts'
import { SWEEP_MS, type Swept } from '../proxy/sweep.ts'

/** How to look at things whose bytes a client has to move: connections of HTTP/1, streams of HTTP/2. */
export interface Paced<T extends object> {
  all(): Iterable<T>
  /** Whether it is the client whom something waits for. */
  waits(one: T): boolean
  /** Bytes that the client has moved so far, counted from anywhere. */
  moved(one: T): number
  /** Ends it: the client has had its time. */
  cut(one: T): void
}

interface Waiting {
  readonly moved: number
  readonly leftMs: number
}

/**
 * Finds clients that are too slow. Only time in which something waits for them counts. All are looked at together from time to time; one
 * that keeps nothing waiting costs a comparison.
 */
export class PaceWatch<T extends object> implements Swept {
  readonly #paced: Paced<T>
  #rate: ByteRate | null
  #waiting: ReadonlyMap<T, Waiting> = new Map()

  /** @param rate Null when clients may take as long as they like. */
  constructor(paced: Paced<T>, rate: ByteRate | null) {
    this.#paced = paced
    this.#rate = rate
  }

  configure(rate: ByteRate | null): void {
    this.#rate = rate
  }

  sweep(): void {
    const rate = this.#rate
    if (rate === null) return
    const waiting = new Map<T, Waiting>()
    for (const one of this.#paced.all()) {
      if (!this.#paced.waits(one)) continue
      const now = this.#charge(one, rate)
      if (now === null) this.#paced.cut(one)
      else waiting.set(one, now)
    }
    this.#waiting = waiting
  }

  /** Null when its time is over; one that has just begun to wait has all of it. */
  #charge(one: T, rate: ByteRate): Waiting | null {
    const moved = this.#paced.moved(one)
    const before = this.#waiting.get(one)
    if (before === undefined) return { moved, leftMs: rate.graceMs }
    const leftMs = timeLeft(rate, before.leftMs, moved - before.moved, SWEEP_MS)
    return leftMs > 0 ? { moved, leftMs } : null
  }
}
