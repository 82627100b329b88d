import type { Clock } from '../plugin-api/index.ts'
import type { Waiter } from '../policy/bulkhead/types.ts'
import type { BulkheadRuntime } from './route-runtime.ts'

export interface AdmissionOwner {
  /** Every place is taken. */
  onAdmitted(): void
  /** There was no place, or it did not come in time. */
  onOverloaded(): void
}

/** The places of one request in the bulkheads of its route and of its upstream: taken in this order, given back together. */
export class Admission implements Waiter {
  readonly #owner: AdmissionOwner
  readonly #clock: Clock
  readonly #route: BulkheadRuntime | null
  readonly #upstream: BulkheadRuntime | null
  #waitingFor: BulkheadRuntime | null = null
  #cancelWait: (() => void) | null = null
  #holdsRoute: boolean
  #holdsUpstream = false

  /** @param holdsRoute The place of the route was taken before. */
  constructor(owner: AdmissionOwner, clock: Clock, route: BulkheadRuntime | null, upstream: BulkheadRuntime | null, holdsRoute: boolean) {
    this.#owner = owner
    this.#clock = clock
    this.#route = route
    this.#upstream = upstream
    this.#holdsRoute = holdsRoute
  }

  /** Takes what is missing; the owner hears of the end, which may be at once. */
  enter(): void {
    if (this.#route !== null && !this.#holdsRoute) {
      if (!this.#take(this.#route)) return
      this.#holdsRoute = true
    }
    if (this.#upstream !== null && !this.#holdsUpstream) {
      if (!this.#take(this.#upstream)) return
      this.#holdsUpstream = true
    }
    this.#owner.onAdmitted()
  }

  #take(bulkhead: BulkheadRuntime): boolean {
    if (bulkhead.places.tryEnter()) return true
    if (bulkhead.places.enqueue(this)) {
      this.#waitingFor = bulkhead
      this.#cancelWait = this.#clock.after(bulkhead.queueTimeoutMs, this.#onQueueTimeout)
    } else this.#owner.onOverloaded()
    return false
  }

  /** Its turn in a queue came. */
  run(): void {
    this.#stopWaiting()
    if (this.#waitingFor === this.#route) this.#holdsRoute = true
    else this.#holdsUpstream = true
    this.#waitingFor = null
    this.enter()
  }

  readonly #onQueueTimeout = (): void => {
    this.#cancelWait = null
    this.#owner.onOverloaded()
  }

  /** Hands the route's place on to whoever answers instead; it is not given back here. Whether there was one. */
  passRoutePlace(): boolean {
    const held = this.#holdsRoute
    this.#holdsRoute = false
    return held
  }

  /** Gives everything back; `roundTripMs` and `failed` are for adaptive limits. */
  leave(roundTripMs: number | null, failed: boolean): void {
    this.#stopWaiting()
    this.#waitingFor?.places.dequeue(this)
    this.#waitingFor = null
    if (this.#holdsUpstream) this.#upstream?.places.leave(roundTripMs, failed)
    if (this.#holdsRoute) this.#route?.places.leave(roundTripMs, failed)
    this.#holdsUpstream = false
    this.#holdsRoute = false
  }

  #stopWaiting(): void {
    this.#cancelWait?.()
    this.#cancelWait = null
  }
}
