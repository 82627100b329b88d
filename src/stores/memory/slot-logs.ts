import type { AdmissionLog } from '../../policy/limiter/admission-log.ts'
import { ageSlidingWindow } from '../../policy/limiter/sliding-window.ts'
import type { LimitTerms } from '../../policy/limiter/terms.ts'
import { SlotLog } from './slot-log.ts'
import { NO_SLOT, type Slots } from './slots.ts'

/** The logs of slots, wherever they lie. */
export interface Logs {
  /** That of a slot as of this time; an empty one for a slot that is not there. Good until the next call. */
  age(terms: LimitTerms, slot: number, timeUs: number): AdmissionLog
  /** What was recorded in the log that `age` gave last, of this slot, shall stay. */
  keep(slot: number, log: AdmissionLog): void
}

/** Small ones lie in slots, large ones are objects. */
export class SlotLogs implements Logs {
  readonly #slots: Slots
  readonly #log: SlotLog

  constructor(slots: Slots) {
    this.#slots = slots
    this.#log = new SlotLog(slots)
  }

  /** Besides the slots of their keys. */
  get bytes(): number {
    return this.#log.bytes + this.#slots.logBytes
  }

  /** Before its slot is given back. */
  clear(slot: number): void {
    this.#log.clear(slot)
  }

  age(terms: LimitTerms, slot: number, timeUs: number): AdmissionLog {
    const log = this.#log
    if (slot !== NO_SLOT && log.isObject(slot)) {
      const large = this.#slots.logOf(slot)
      ageSlidingWindow(terms, large, timeUs)
      if (large.total > 0) return large
      log.clear(slot)
    }
    log.load(slot)
    if (slot !== NO_SLOT && ageSlidingWindow(terms, log, timeUs)) log.save(slot)
    return log
  }

  keep(slot: number, log: AdmissionLog): void {
    if (log === this.#log) this.#log.save(slot)
    else this.#slots.measureLog(slot)
  }
}
