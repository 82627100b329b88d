import { peakEwma } from '../../src/policy/balancer/peak-ewma.ts'
import type { Balancer } from '../../src/policy/balancer/types.ts'
import { anyone, type LiveCandidate, NOW } from './candidates.ts'

export interface Traffic {
  readonly requests: number
  /** Mean of the exponentially distributed pauses between two requests. */
  readonly meanGapMs: number
  /** Time of an answer; half of it to one and a half of it, by chance. */
  readonly answerMs: (key: string, now: number) => number
  readonly random: () => number
}

interface Running {
  readonly endpoint: LiveCandidate
  readonly startMs: number
  readonly endMs: number
}

/**
 * Open-loop traffic: requests come whether or not earlier ones were answered. Keeps `inFlight` and the latency of the endpoints as
 * the gateway does, and returns the key of each pick.
 */
export function simulate(balancer: Balancer, endpoints: readonly LiveCandidate[], traffic: Traffic): string[] {
  const { requests, meanGapMs, answerMs, random } = traffic
  let running: Running[] = []
  let now = NOW
  return Array.from({ length: requests }, () => {
    now -= Math.log(1 - random()) * meanGapMs
    const ended = running.filter((one) => one.endMs <= now).toSorted((a, b) => a.endMs - b.endMs)
    running = running.filter((one) => one.endMs > now)
    for (const { endpoint, startMs, endMs } of ended) {
      endpoint.inFlight--
      endpoint.latencyMs = peakEwma(endpoint.latencyMs, endpoint.latencyAtMs, endMs - startMs, endMs)
      endpoint.latencyAtMs = endMs
    }
    const endpoint = balancer.pick(endpoints, anyone, now)
    if (endpoint === null) return '-'
    endpoint.inFlight++
    running.push({ endpoint, startMs: now, endMs: now + answerMs(endpoint.key, now) * (0.5 + random()) })
    return endpoint.key
  })
}
