import type { AdaptiveRule } from './types.ts'

/** Finds how much concurrency an upstream takes before its latency grows. */
export interface GradientLimit {
  /** Whole places, between the rule's bounds. */
  readonly limit: number
  /** One finished request. @param inFlight Requests that ran, this one included. */
  sample(durationMs: number, inFlight: number, failed: boolean, now: number): void
  configure(rule: AdaptiveRule, maxConcurrent: number): void
}

/** Weight of a sample in the short average; about the last twenty requests. */
const SHORT = 0.1
/** Weight of a sample in the long one; about the last thousand. */
const LONG = 0.002
/** Below this a clock tells nothing, and nothing may be divided by zero. */
const SHORTEST_MS = 0.01
/** How far one sample moves the limit towards its new value. */
const SMOOTHING = 0.05

/**
 * After Gradient2 of Netflix' concurrency-limits: the limit follows `limit × clamp(tolerance × long / short, ½, 1) + √limit`, where long and
 * short are averages of the latency. While latency is as usual the root lets it grow; when latency rises above what is tolerated it
 * shrinks. It does not grow while less than half of it is used: that would say nothing. A failure cuts it by a tenth, because errors
 * come back quickly and would look like good latency.
 */
export function createGradientLimit(rule: AdaptiveRule, maxConcurrent: number, _now: number): GradientLimit {
  return new Gradient(rule, maxConcurrent)
}

class Gradient implements GradientLimit {
  #rule: AdaptiveRule
  #max: number
  #exact: number
  #shortMs = 0
  #longMs = 0

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
    if (this.#longMs === 0) {
      this.#shortMs = tookMs
      this.#longMs = tookMs
    }
    this.#shortMs += (tookMs - this.#shortMs) * SHORT
    this.#longMs += (tookMs - this.#longMs) * LONG
    // After a slow phase the long average would take long to come down and call everything good: pull it along.
    if (this.#longMs > 2 * this.#shortMs) this.#longMs *= 0.95
    const gradient = Math.max(0.5, Math.min(1, (this.#rule.tolerance * this.#longMs) / this.#shortMs))
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
