import type { Clock } from '../plugin-api/index.ts'

/** Times are multiples of this, so that sums and differences are exact although the clock starts at a large number. */
const STEPS_PER_MS = 8

/** Large and odd, so that nobody can take a time for a duration. */
const START_MS = 9_007_199_254_741
const WALL_AT_START_MS = 1_900_000_000_321

/** Rounds up to what the clock can tell, ms. */
export function toStep(ms: number): number {
  return Math.ceil(ms * STEPS_PER_MS) / STEPS_PER_MS
}

interface Timer {
  readonly at: number
  readonly order: number
  /** Null once it ran or was cancelled. */
  run: (() => void) | null
}

/**
 * A time that goes from event to event. Events run in the order of their times, equal ones in that of their insertion; what was deferred
 * runs right after the event that deferred it, as Node's `nextTick` does.
 */
export class VirtualClock implements Clock {
  readonly startMs = START_MS
  readonly #heap: Timer[] = []
  #deferred: (() => void)[] = []
  #now = START_MS
  #order = 0
  #pending = 0
  #events = 0
  #isPaused = false

  now(): number {
    return this.#now
  }

  wall(): number {
    return WALL_AT_START_MS + (this.#now - START_MS)
  }

  /** Timers that are set and were neither run nor cancelled. */
  get pending(): number {
    return this.#pending
  }

  /** Events that have run. */
  get events(): number {
    return this.#events
  }

  after(ms: number, run: () => void): () => void {
    return this.at(this.#now + ms, run)
  }

  /** @param atMs Monotonic ms; a time that has passed means as soon as possible. */
  at(atMs: number, run: () => void): () => void {
    const timer: Timer = { at: Math.max(this.#now, toStep(atMs)), order: this.#order++, run }
    push(this.#heap, timer)
    this.#pending++
    return () => {
      if (timer.run === null) return
      timer.run = null
      this.#pending--
    }
  }

  /** Runs it when the current event is over. */
  readonly defer = <T>(run: (value: T) => void, value: T): void => {
    this.#deferred.push(() => run(value))
  }

  /** Whether `runUntil` or `runAll` came to an early end because of `pause`. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Time stops after the current event: a promise was settled, and who waits for it has to run at this very moment. */
  pause(): void {
    this.#isPaused = true
  }

  /** Runs everything up to and including that time, and ends there, unless it is paused. */
  runUntil(atMs: number): void {
    this.#isPaused = false
    this.#settle()
    for (let next = this.#heap[0]; next !== undefined && next.at <= atMs && !this.#isPaused; next = this.#heap[0]) this.#runFirst()
    if (!this.#isPaused) this.#now = Math.max(this.#now, atMs)
  }

  /** Runs until no timer is left. False when there still was one after that many events, or it is paused. */
  runAll(maxEvents: number): boolean {
    this.#isPaused = false
    this.#settle()
    const end = this.#events + maxEvents
    while (this.#pending > 0) {
      if (this.#isPaused || this.#events >= end) return false
      this.#runFirst()
    }
    return !this.#isPaused
  }

  #runFirst(): void {
    const timer = pop(this.#heap) as Timer
    const { run } = timer
    if (run === null) return
    timer.run = null
    this.#pending--
    this.#events++
    this.#now = timer.at
    run()
    this.#settle()
  }

  #settle(): void {
    while (this.#deferred.length > 0) {
      const due = this.#deferred
      this.#deferred = []
      for (const run of due) run()
    }
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function push(heap: Timer[], timer: Timer): void {
  let at = heap.length
  heap.push(timer)
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!isBefore(timer, heap[parent] as Timer)) break
    heap[at] = heap[parent] as Timer
    at = parent
  }
  heap[at] = timer
}

function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (first === undefined || last === undefined || heap.length === 0) return first
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer)) child++
    if (!isBefore(heap[child] as Timer, last)) break
    heap[at] = heap[child] as Timer
    at = child
  }
  heap[at] = last
  return first
}

/** The clock as one party sees it, which can be asked how many of that party's timers are left. */
export class CountedClock implements Clock {
  readonly #clock: Clock
  #pending = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get pending(): number {
    return this.#pending
  }

  now(): number {
    return this.#clock.now()
  }

  wall(): number {
    return this.#clock.wall()
  }

  after(ms: number, run: () => void): () => void {
    let isSet = true
    this.#pending++
    const unset = (): void => {
      if (isSet) this.#pending--
      isSet = false
    }
    const cancel = this.#clock.after(ms, () => {
      unset()
      run()
    })
    return () => {
      unset()
      cancel()
    }
  }
}
