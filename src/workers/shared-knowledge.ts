import { LIMITS_IN_MEMORY } from '../gateway/services.ts'
import { allocateSharedBreakers, BreakerDirectory } from '../stores/shared/breaker-directory.ts'
import { allocateSharedLimits, recoverSharedLimits } from '../stores/shared/shared-limit-store.ts'

/** The memory that all workers share. The supervisor allocates it, hands it to each of them, and frees what a dead one has held. */
export class SharedKnowledge {
  readonly limits: SharedArrayBuffer
  readonly breakers: SharedArrayBuffer
  readonly #directory: BreakerDirectory

  /** @param workers Their numbers are 0 and up; the supervisor has the one after the last. */
  constructor(workers: number) {
    this.limits = allocateSharedLimits(LIMITS_IN_MEMORY)
    this.breakers = allocateSharedBreakers(workers + 1)
    this.#directory = new BreakerDirectory(this.breakers, workers, () => {})
  }

  /** The thread of a worker has ended, maybe in the middle of a write: before its number is given to another. */
  recover(worker: number): void {
    recoverSharedLimits(this.limits, worker)
    this.#directory.forget(worker)
  }
}
