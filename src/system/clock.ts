// The global of that name is a getter, which is called for each look at the clock.
import { performance } from 'node:perf_hooks'
import type { Clock } from '../plugin-api/index.ts'

/** The real time. The only place that reads it. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  }
}

/** The same with one origin for all threads of the process, so that they may tell each other times; that of `performance.now` is each thread's own. */
export const threadsClock: Clock = {
  ...systemClock,
  now() {
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * 1000 + nanoseconds / 1e6
  }
}
