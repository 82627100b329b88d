import type { AdaptiveRule } from './types.ts'

/** Finds how much concurrency an upstream takes before its latency grows. */
export interface GradientLimit {
  /** Whole places, between the rule's bounds. */
  readonly limit: number
  /** One finished request. @param inFlight Requests that ran, this one included. */
  sample(durationMs: number, inFlight: number, failed: boolean): void
  configure(rule: AdaptiveRule, maxConcurrent: number): void
}

/** Weight of a sample in the present latency; about the last twenty requests. */
const PRESENT = 0.1
/** Weight of a sample that is quicker than the baseline; it falls soon. */
const BASELINE_FALL = 0.1
/** Weight of one that is slower, where the limit cannot be the cause of it. */
const BASELINE_RISE = 0.02
/** Below this a clock tells nothing, and nothing may be divided by zero. */
const SHORTEST_MS = 0.01
/** How far one sample moves the limit towards its new value. */
const SMOOTHING = 0.05

/**
 * A gradient limit, after those of Netflix and Envoy: it follows `limit × clamp(tolerance × baseline / present, ½, 1) + √limit`. While latency is
 * near its baseline the root lets it grow; when latency rises above what is tolerated it shrinks. It does not grow while less than half
 * of it is used: that would say nothing. A failure cuts it by a tenth, because errors come back quickly and would look like good latency.
 *
 * The baseline is what latency is without a queue at the upstream. It follows quicker answers at once, and slower ones only where our own
 * concurrency cannot be the reason: while less than half of the limit is used, or at the lower bound. A plain long-term average, as in
 * Netflix' Gradient2, learns the queue under constant load and then calls it normal; Envoy lowers the limit every minute to measure.
 */
export function createGradientLimit(rule: AdaptiveRule, maxConcurrent: number): GradientLimit {
  return new Gradient(rule, maxConcurrent)
}

class Gradient implements GradientLimit {
  #rule: AdaptiveRule
  #max: number
  #exact: number
  #presentMs = 0
  #baselineMs = 0

  constructor(rule: AdaptiveRule, maxConcurrent: number) {
    this.#rule = rule
    this.#max = maxConcurrent
    this.#exact = Math.min(rule.initialConcurrent, maxConcurrent)
  }

  get limit(): number {
    return Math.floor(this.#exact)
  }

  sample(durationMs: number, inFlight: number, failed: boolean): void {
    if (failed) {
      this.#set(this.#exact * 0.9)
      return
    }
    const tookMs = Math.max(durationMs, SHORTEST_MS)
    if (this.#baselineMs === 0) {
      this.#presentMs = tookMs
      this.#baselineMs = tookMs
    }
    this.#presentMs += (tookMs - this.#presentMs) * PRESENT
    if (tookMs < this.#baselineMs) this.#baselineMs += (tookMs - this.#baselineMs) * BASELINE_FALL
    else if (inFlight < this.#exact / 2 || this.#exact <= this.#rule.minConcurrent + 1)
      this.#baselineMs += (tookMs - this.#baselineMs) * BASELINE_RISE
    const gradient = Math.max(0.5, Math.min(1, (this.#rule.tolerance * this.#baselineMs) / this.#presentMs))
    const wanted = this.#exact * gradient + Math.sqrt(this.#exact)
    if (wanted > this.#exact && inFlight < this.#exact / 2) return
    this.#set(this.#exact + (wanted - this.#exact) * SMOOTHING)
  }

  configure(rule: AdaptiveRule, maxConcurrent: number): void {
    this.#rule = rule
    this.#max = maxConcurrent
    this.#set(this.#exact)
  }

  #set(value: number): void {
    this.#exact = Math.max(this.#rule.minConcurrent, Math.min(this.#max, value))
  }
}
