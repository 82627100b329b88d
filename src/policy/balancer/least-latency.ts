import { decayed } from './peak-ewma.ts'
import { weightedLoad } from './slow-start.ts'
import { createPairwise } from './two-choices.ts'
import type { Balancer } from './types.ts'

/**
 * The one of two candidates drawn by chance where the answer is expected first: latency × (attempts in flight + 1) / weight. The latency
 * fades while nothing new is measured, so that an endpoint that was slow is tried again after some time (Finagle's and linkerd's
 * peak EWMA).
 *
 * Next to measured ones, an endpoint that was never measured gets at most the share of its weight, and one request at a time. Taken for
 * the quickest of all it would be overrun before its first answer.
 * @param random Uniform in [0, 1).
 */
export function createLeastLatency(slowStartMs: number, random: () => number): Balancer {
  return createPairwise(slowStartMs, random, (first, second, now) => {
    const isFirstKnown = first.latencyMs > 0
    const isSecondKnown = second.latencyMs > 0
    if (isFirstKnown && !isSecondKnown) return false
    if (!isFirstKnown && isSecondKnown) return first.inFlight > 0
    const firstLoad = weightedLoad(first, now, slowStartMs)
    const secondLoad = weightedLoad(second, now, slowStartMs)
    if (!isFirstKnown) return secondLoad < firstLoad
    return decayed(second.latencyMs, second.latencyAtMs, now) * secondLoad < decayed(first.latencyMs, first.latencyAtMs, now) * firstLoad
  })
}
