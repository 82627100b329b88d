import type { Clock, Random } from './types.ts'

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** A clock that stands still until it is told to advance. Its two times differ, so that a mix-up of them shows. */
export class FakeClock implements Clock {
  #now: number
  #wall: number
  readonly #timers = new Set<Timer>()

  constructor(now = 9_007_199_254_741, wall = 1_900_000_000_321) {
    this.#now = now
    this.#wall = wall
  }

  now(): number {
    return this.#now
  }

  wall(): number {
    return this.#wall
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** Moves both times and runs what has become due, earliest first. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers.delete(due)
      this.#move(Math.max(due.at, this.#now))
      due.run()
    }
    this.#move(end)
  }

  #move(now: number): void {
    this.#wall += now - this.#now
    this.#now = now
  }
}

/** Ids that count up and numbers that walk through [0, 1): equal in every run. */
export function fakeRandom(): Random {
  let count = 0
  return {
    next: () => (++count * 0.618_033_988_75) % 1,
    id: () => (++count).toString(16).padStart(32, '0')
  }
}
