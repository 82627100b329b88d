import type { RollingWindow } from '../window/rolling-window.ts'
import {
  type BreakerLock,
  type BreakerMemory,
  CLOSED,
  FAILED_PHASES,
  FAILURES_IN_ROW,
  FORCED_CLOSED,
  FORCED_OPEN,
  HALF_OPEN,
  kindOf,
  nextStamp,
  OPEN,
  PHASES,
  privateMemory,
  REASON,
  REASONS,
  RUNNING,
  runningProbes,
  SINCE_MS,
  STAMP,
  stampsOf,
  SUCCEEDED,
  UNTIL_MS,
  windowOf
} from './memory.ts'
import type { Breaker, BreakerPhase, BreakerReason, BreakerRule, BreakerSnapshot, BreakerTransition, Permit } from './types.ts'

/** While every probe of a half-open breaker runs, nobody knows when the next one may: a second is a fair guess. */
const PROBES_RUNNING_MS = 1000

/**
 * Every permit has to be settled, as `ignored` if nothing is known: one that never is would hold its place among the probes.
 * @param random Uniform in [0, 1), for the jitter of the open time.
 * @param onTransition Called once for each change of phase, in the thread that made it, when the memory's lock is free again.
 * @param memory Where the state lies. What breakers of other threads have left there is gone on from, their length of the window too.
 */
export function createBreaker(
  rule: BreakerRule,
  random: () => number,
  onTransition: (transition: BreakerTransition) => void,
  memory: BreakerMemory = privateMemory()
): Breaker {
  return new CircuitBreaker(rule, random, onTransition, memory)
}

class CircuitBreaker implements Breaker {
  #rule: BreakerRule
  readonly #random: () => number
  readonly #onTransition: (transition: BreakerTransition) => void
  readonly #words: Float64Array
  readonly #stamps: Int32Array
  readonly #lock: BreakerLock | null
  /** The word with this thread's running probes. */
  readonly #running: number
  readonly #window: RollingWindow
  /** Made under the lock, told outside of it. */
  #untold: BreakerTransition | null = null

  constructor(rule: BreakerRule, random: () => number, onTransition: (transition: BreakerTransition) => void, memory: BreakerMemory) {
    this.#rule = rule
    this.#random = random
    this.#onTransition = onTransition
    this.#words = memory.words
    this.#stamps = stampsOf(memory)
    this.#lock = memory.lock
    this.#running = RUNNING + memory.worker
    this.#window = this.#locked(() => windowOf(memory, rule.windowMs))
  }

  tryAcquire(now: number): Permit | null {
    // Nearly all are answered without the lock. A phase that ends at this very moment may permit or refuse one more as if it had come
    // before; the permit's result then says nothing.
    const stamp = this.#stamps[STAMP] as number
    const kind = kindOf(stamp)
    if (kind === CLOSED || kind === FORCED_CLOSED) return new BreakerPermit(this, stamp)
    if (kind === FORCED_OPEN || (kind === OPEN && now < this.#word(UNTIL_MS))) return null
    return this.#tryProbe(now)
  }

  /** For permits only. */
  settle(stamp: number, result: 'success' | 'failure' | 'ignored', now: number, durationMs: number): void {
    if (stamp !== this.#stamps[STAMP]) return
    const kind = kindOf(stamp)
    if (kind === FORCED_CLOSED || (kind === CLOSED && result === 'ignored')) return
    const slow = this.#rule.slowCallMs !== null && durationMs > this.#rule.slowCallMs
    this.#lock?.acquire()
    try {
      if (stamp !== this.#stamps[STAMP]) return
      if (kind === HALF_OPEN) this.#settleProbe(result, slow, now)
      else this.#record(result === 'failure', slow, now)
    } finally {
      this.#lock?.release()
    }
    if (this.#untold !== null) this.#tell()
  }

  retryAfterMs(now: number): number {
    switch (this.#kind) {
      case OPEN:
        return Math.max(0, this.#word(UNTIL_MS) - now)
      case HALF_OPEN:
        return runningProbes(this.#words) >= this.#rule.halfOpenRequests ? PROBES_RUNNING_MS : 0
      case FORCED_OPEN:
        return PROBES_RUNNING_MS
      default:
        return 0
    }
  }

  phase(now: number): BreakerPhase {
    const kind = this.#kind
    return PHASES[kind === OPEN && now >= this.#word(UNTIL_MS) ? HALF_OPEN : kind] as BreakerPhase
  }

  snapshot(now: number): BreakerSnapshot {
    return this.#locked(() => {
      this.#window.age(now)
      const { requests, failures, slow } = this.#window
      const reason = REASONS[this.#word(REASON)] ?? null
      return { phase: this.phase(now), reason, sinceMs: this.#word(SINCE_MS), requests, failures, slow, retryAfterMs: this.retryAfterMs(now) }
    })
  }

  force(mode: 'open' | 'closed' | 'auto', now: number): void {
    const kind = mode === 'open' ? FORCED_OPEN : mode === 'closed' ? FORCED_CLOSED : CLOSED
    this.#locked(() => {
      if (this.#kind !== kind) this.#goTo(kind, 'operator', now, null)
    })
    this.#tell()
  }

  /** The length of the window is in the memory: of several threads that take the same rule, only the first clears the counts. */
  configure(rule: BreakerRule): void {
    this.#rule = rule
    this.#locked(() => this.#window.configure(rule.windowMs))
  }

  #tryProbe(now: number): Permit | null {
    const permit = this.#locked(() => {
      if (this.#kind === OPEN && now >= this.#word(UNTIL_MS)) this.#goTo(HALF_OPEN, 'open-time-over', now, null)
      const kind = this.#kind
      if (kind === OPEN || kind === FORCED_OPEN) return null
      if (kind === HALF_OPEN) {
        if (runningProbes(this.#words) >= this.#rule.halfOpenRequests) return null
        this.#words[this.#running] = this.#word(this.#running) + 1
      }
      return new BreakerPermit(this, this.#stamps[STAMP] as number)
    })
    this.#tell()
    return permit
  }

  #settleProbe(result: 'success' | 'failure' | 'ignored', slow: boolean, now: number): void {
    this.#words[this.#running] = this.#word(this.#running) - 1
    if (result === 'ignored') return
    if (result === 'failure' || slow) {
      this.#words[FAILED_PHASES] = this.#word(FAILED_PHASES) + 1
      this.#open('probe-failed', now)
      return
    }
    const succeeded = this.#word(SUCCEEDED) + 1
    this.#words[SUCCEEDED] = succeeded
    if (succeeded >= this.#rule.halfOpenSuccesses) this.#goTo(CLOSED, 'probes-succeeded', now, null)
  }

  #record(failed: boolean, slow: boolean, now: number): void {
    this.#window.add(now, failed, slow)
    this.#words[FAILURES_IN_ROW] = failed ? this.#word(FAILURES_IN_ROW) + 1 : 0
    const reason = this.#tripReason()
    if (reason !== null) this.#open(reason, now)
  }

  #tripReason(): BreakerReason | null {
    const { consecutiveFailures, minimumRequests, failureRatio, slowCallMs, slowCallRatio } = this.#rule
    if (consecutiveFailures !== null && this.#word(FAILURES_IN_ROW) >= consecutiveFailures) return 'consecutive-failures'
    const { requests, failures, slow } = this.#window
    if (requests < minimumRequests) return null
    if (failureRatio !== null && failures > 0 && failures >= failureRatio * requests) return 'failure-ratio'
    if (slowCallMs !== null && slow > 0 && slow >= slowCallRatio * requests) return 'slow-calls'
    return null
  }

  #open(reason: BreakerReason, now: number): void {
    const { openMs, maxOpenMs, jitter } = this.#rule
    const forMs = Math.min(maxOpenMs, openMs * 2 ** Math.min(this.#word(FAILED_PHASES), 50)) * (1 + jitter * this.#random())
    this.#words[UNTIL_MS] = now + forMs
    this.#goTo(OPEN, reason, now, forMs)
  }

  #goTo(kind: number, reason: BreakerReason, now: number, openMs: number | null): void {
    const words = this.#words
    const stamp = this.#stamps[STAMP] as number
    words[REASON] = REASONS.indexOf(reason)
    words[SINCE_MS] = now
    if (kind === HALF_OPEN) {
      words[SUCCEEDED] = 0
      words.fill(0, RUNNING)
    } else if (kind === CLOSED || kind === FORCED_CLOSED) {
      this.#window.clear()
      words[FAILURES_IN_ROW] = 0
      words[FAILED_PHASES] = 0
    }
    Atomics.store(this.#stamps, STAMP, nextStamp(stamp, kind))
    this.#untold = { from: PHASES[kindOf(stamp)] as BreakerPhase, to: PHASES[kind] as BreakerPhase, reason, atMs: now, openMs }
  }

  get #kind(): number {
    return kindOf(this.#stamps[STAMP] as number)
  }

  #word(word: number): number {
    return this.#words[word] as number
  }

  /** For what is rare enough to pay for a closure. */
  #locked<T>(run: () => T): T {
    this.#lock?.acquire()
    try {
      return run()
    } finally {
      this.#lock?.release()
    }
  }

  #tell(): void {
    const transition = this.#untold
    if (transition === null) return
    this.#untold = null
    this.#onTransition(transition)
  }
}

class BreakerPermit implements Permit {
  readonly #breaker: CircuitBreaker
  readonly #stamp: number
  #settled = false

  constructor(breaker: CircuitBreaker, stamp: number) {
    this.#breaker = breaker
    this.#stamp = stamp
  }

  settle(result: 'success' | 'failure' | 'ignored', now: number, durationMs: number): void {
    if (this.#settled) return
    this.#settled = true
    this.#breaker.settle(this.#stamp, result, now, durationMs)
  }
}
