import type { SlidingLog } from '../../policy/limiter/sliding-log.ts'
import type { Slots } from './slots.ts'

/** Of the slot of such a log: what it was last measured to take, a double, and which one it is, an integer. */
const BYTES = 0
const NUMBER = 6

/** Logs that are too large for slots, each an object of the heap. */
export class LargeLogs {
  readonly #slots: Slots
  readonly #logs: (SlidingLog | null)[] = []
  readonly #free: number[] = []
  #bytes = 0

  constructor(slots: Slots) {
    this.#slots = slots
  }

  /** Of all of them, as last measured. */
  get bytes(): number {
    return this.#bytes
  }

  of(slot: number): SlidingLog {
    return this.#logs[this.#slots.integer(slot, NUMBER)] as SlidingLog
  }

  add(slot: number, log: SlidingLog): void {
    const number = this.#free.pop() ?? this.#logs.length
    this.#logs[number] = log
    this.#slots.setInteger(slot, NUMBER, number)
    this.#setBytes(slot, 0)
    this.measure(slot)
  }

  measure(slot: number): void {
    const { bytes } = this.of(slot)
    this.#bytes += bytes - this.#bytesOf(slot)
    this.#setBytes(slot, bytes)
  }

  remove(slot: number): void {
    const number = this.#slots.integer(slot, NUMBER)
    this.#bytes -= this.#bytesOf(slot)
    this.#logs[number] = null
    this.#free.push(number)
  }

  #bytesOf(slot: number): number {
    return this.#slots.doublesOf(slot)[this.#slots.offsetOf(slot) + BYTES] as number
  }

  #setBytes(slot: number, bytes: number): void {
    const doubles = this.#slots.doublesOf(slot)
    doubles[this.#slots.offsetOf(slot) + BYTES] = bytes
  }
}
