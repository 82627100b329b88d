import type { AdmissionLog } from '../../policy/limiter/admission-log.ts'
import { SlidingLog } from '../../policy/limiter/sliding-log.ts'
import { ageSlidingWindow } from '../../policy/limiter/sliding-window.ts'
import type { LimitTerms } from '../../policy/limiter/terms.ts'
import type { Logs } from '../memory/slot-logs.ts'
import { NO_SLOT, type SharedSlots } from './shared-slots.ts'

/** The logs of slots in shared memory, which are written where they lie. */
export class SharedLogs implements Logs {
  readonly #slots: SharedSlots
  /** Stands for the log of a slot that is not there; stays empty. */
  readonly #none = new SlidingLog()

  constructor(slots: SharedSlots) {
    this.#slots = slots
  }

  age(terms: LimitTerms, slot: number, timeUs: number): AdmissionLog {
    if (slot === NO_SLOT) return this.#none
    const log = this.#slots.logOf(slot)
    ageSlidingWindow(terms, log, timeUs)
    return log
  }

  keep(): void {}
}
