import { RollingWindow } from '../window/rolling-window.ts'
import type { Breaker, BreakerPhase, BreakerReason, BreakerRule, BreakerSnapshot, BreakerTransition, Permit } from './types.ts'

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly untilMs: number }
  | { readonly kind: 'half-open'; running: number; succeeded: number }
  | { readonly kind: 'forced-open' }
  | { readonly kind: 'forced-closed' }

const CLOSED: State = { kind: 'closed' }

/** While every probe of a half-open breaker runs, nobody knows when the next one may: a second is a fair guess. */
const PROBES_RUNNING_MS = 1000

/**
 * Every permit has to be settled, as `ignored` if nothing is known: one that never is would hold its place among the probes.
 * @param random Uniform in [0, 1), for the jitter of the open time.
 * @param onTransition Called once for each change of phase.
 */
export function createBreaker(rule: BreakerRule, random: () => number, onTransition: (transition: BreakerTransition) => void): Breaker {
  return new CircuitBreaker(rule, random, onTransition)
}

class CircuitBreaker implements Breaker {
  #rule: BreakerRule
  readonly #random: () => number
  readonly #onTransition: (transition: BreakerTransition) => void
  readonly #window: RollingWindow
  #state: State = CLOSED
  #reason: BreakerReason | null = null
  #sinceMs = -Infinity
  #failuresInRow = 0
  /** Half-open phases that failed since it was last closed. */
  #failedPhases = 0
  /** Changes with each phase, so that permits of earlier ones are known. */
  #epoch = 0

  constructor(rule: BreakerRule, random: () => number, onTransition: (transition: BreakerTransition) => void) {
    this.#rule = rule
    this.#random = random
    this.#onTransition = onTransition
    this.#window = new RollingWindow(rule.windowMs)
  }

  tryAcquire(now: number): Permit | null {
    let state = this.#state
    if (state.kind === 'open' && now >= state.untilMs)
      state = this.#goTo({ kind: 'half-open', running: 0, succeeded: 0 }, 'open-time-over', now, null)
    if (state.kind === 'open' || state.kind === 'forced-open') return null
    if (state.kind === 'half-open') {
      if (state.running >= this.#rule.halfOpenRequests) return null
      state.running++
    }
    return new BreakerPermit(this, this.#epoch)
  }

  /** For permits only. */
  settle(epoch: number, result: 'success' | 'failure' | 'ignored', now: number, durationMs: number): void {
    if (epoch !== this.#epoch) return
    const state = this.#state
    const slow = this.#rule.slowCallMs !== null && durationMs > this.#rule.slowCallMs
    if (state.kind === 'half-open') this.#settleProbe(state, result, slow, now)
    else if (state.kind === 'closed' && result !== 'ignored') this.#record(result === 'failure', slow, now)
  }

  retryAfterMs(now: number): number {
    const state = this.#state
    switch (state.kind) {
      case 'open':
        return Math.max(0, state.untilMs - now)
      case 'half-open':
        return state.running >= this.#rule.halfOpenRequests ? PROBES_RUNNING_MS : 0
      case 'forced-open':
        return PROBES_RUNNING_MS
      case 'closed':
      case 'forced-closed':
        return 0
    }
  }

  phase(now: number): BreakerPhase {
    const state = this.#state
    return state.kind === 'open' && now >= state.untilMs ? 'half-open' : state.kind
  }

  snapshot(now: number): BreakerSnapshot {
    this.#window.age(now)
    const { requests, failures, slow } = this.#window
    return { phase: this.phase(now), reason: this.#reason, sinceMs: this.#sinceMs, requests, failures, slow, retryAfterMs: this.retryAfterMs(now) }
  }

  force(mode: 'open' | 'closed' | 'auto', now: number): void {
    const kind = mode === 'open' ? 'forced-open' : mode === 'closed' ? 'forced-closed' : 'closed'
    if (this.#state.kind !== kind) this.#goTo({ kind }, 'operator', now, null)
  }

  configure(rule: BreakerRule): void {
    this.#rule = rule
    this.#window.configure(rule.windowMs)
  }

  #settleProbe(state: Extract<State, { kind: 'half-open' }>, result: 'success' | 'failure' | 'ignored', slow: boolean, now: number): void {
    state.running--
    if (result === 'ignored') return
    if (result === 'failure' || slow) {
      this.#failedPhases++
      this.#open('probe-failed', now)
      return
    }
    state.succeeded++
    if (state.succeeded >= this.#rule.halfOpenSuccesses) this.#goTo(CLOSED, 'probes-succeeded', now, null)
  }

  #record(failed: boolean, slow: boolean, now: number): void {
    this.#window.add(now, failed, slow)
    this.#failuresInRow = failed ? this.#failuresInRow + 1 : 0
    const reason = this.#tripReason()
    if (reason !== null) this.#open(reason, now)
  }

  #tripReason(): BreakerReason | null {
    const { consecutiveFailures, minimumRequests, failureRatio, slowCallMs, slowCallRatio } = this.#rule
    if (consecutiveFailures !== null && this.#failuresInRow >= consecutiveFailures) return 'consecutive-failures'
    const { requests, failures, slow } = this.#window
    if (requests < minimumRequests) return null
    if (failureRatio !== null && failures > 0 && failures >= failureRatio * requests) return 'failure-ratio'
    if (slowCallMs !== null && slow > 0 && slow >= slowCallRatio * requests) return 'slow-calls'
    return null
  }

  #open(reason: BreakerReason, now: number): void {
    const { openMs, maxOpenMs, jitter } = this.#rule
    const forMs = Math.min(maxOpenMs, openMs * 2 ** Math.min(this.#failedPhases, 50)) * (1 + jitter * this.#random())
    this.#goTo({ kind: 'open', untilMs: now + forMs }, reason, now, forMs)
  }

  #goTo<S extends State>(next: S, reason: BreakerReason, now: number, openMs: number | null): S {
    const from = this.#state.kind
    this.#state = next
    this.#reason = reason
    this.#sinceMs = now
    this.#epoch++
    if (next.kind === 'closed' || next.kind === 'forced-closed') {
      this.#window.clear()
      this.#failuresInRow = 0
      this.#failedPhases = 0
    }
    this.#onTransition({ from, to: next.kind, reason, atMs: now, openMs })
    return next
  }
}

class BreakerPermit implements Permit {
  readonly #breaker: CircuitBreaker
  readonly #epoch: number
  #settled = false

  constructor(breaker: CircuitBreaker, epoch: number) {
    this.#breaker = breaker
    this.#epoch = epoch
  }

  settle(result: 'success' | 'failure' | 'ignored', now: number, durationMs: number): void {
    if (this.#settled) return
    this.#settled = true
    this.#breaker.settle(this.#epoch, result, now, durationMs)
  }
}
