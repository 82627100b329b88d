import type { Clock, Random } from '../plugin-api/index.ts'
import { Catalog } from './catalog.ts'
import { Prober } from './prober.ts'
import type { Change } from './types.ts'
import { Views } from './views.ts'
import { Waiters } from './waiters.ts'

/** The catalogue with what makes it live: checks that run, times that pass, queries that wait. */
export class Registry {
  readonly clock: Clock
  readonly random: Random
  readonly catalog = new Catalog()
  readonly views: Views
  readonly waiters: Waiters
  readonly #prober: Prober
  #cancelTimer: (() => void) | null = null
  #closed = false

  constructor(clock: Clock, random: Random) {
    this.clock = clock
    this.random = random
    this.views = new Views(this.catalog, uuid(random.id()))
    this.waiters = new Waiters(clock)
    this.#prober = new Prober(clock, random, (checkId, { status, output }) => {
      this.apply((catalog, now) => catalog.updateCheck(checkId, status, output, now))
    })
  }

  /** Does something to the catalogue and all that follows from it; gives back what `act` does. */
  apply(act: (catalog: Catalog, now: number) => Change | null): Change | null {
    if (this.#closed) return null
    const change = act(this.catalog, this.clock.now())
    if (change === null) return null
    for (const id of change.stopped) this.#prober.stop(id)
    for (const check of change.started) this.#prober.start(check)
    if (change.index !== null) this.waiters.wake()
    this.#schedule()
    return change
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer?.()
    this.#prober.close()
    this.waiters.close()
  }

  #schedule(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    const due = this.catalog.nextDue()
    if (due === null) return
    // A timer cannot wait for longer; that it then finds nothing to do does no harm.
    const ms = Math.min(2 ** 31 - 1, Math.max(0, due - this.clock.now()))
    this.#cancelTimer = this.clock.after(ms, () => {
      this.apply((catalog, now) => catalog.expire(now))
    })
  }
}

function uuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}
