import type { Random } from '../plugin-api/index.ts'
import { drawNormal } from './random.ts'

export type Latency =
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'uniform'; readonly minMs: number; readonly maxMs: number }
  /** Log-normal: half of the draws are below the median, one in a hundred above p99. */
  | { readonly kind: 'long-tail'; readonly medianMs: number; readonly p99Ms: number }

/** How one endpoint behaves at a moment. Shares are from 0 to 1. */
export interface Behaviour {
  /** Time from the received request to the head of the answer. */
  readonly latency: Latency
  /** `timeout`: nobody answers the attempt to connect. */
  readonly connect: 'ok' | 'refuse' | 'timeout'
  /** Time to open a connection, or to be refused one; 0 for one that is open already. */
  readonly connectTimeMs: number
  /** Takes requests and never answers. */
  readonly hang: boolean
  /** Share of answers with `errorStatus` instead of 200. */
  readonly errorRate: number
  readonly errorStatus: number
  /** `Retry-After` of such answers, seconds; null for none. */
  readonly retryAfterSeconds: number | null
  /** Share of requests whose connection is closed instead of an answer. */
  readonly resetRate: number
  /** Share of requests sent on an idle connection that the endpoint had just closed. */
  readonly staleRate: number
  /** Share of answers that break off in the middle of the body. */
  readonly truncateRate: number
  /** Share of answers that fall silent in the middle of the body. */
  readonly stallRate: number
  /** Requests that are worked on at a time, the others wait in order; null for any number. */
  readonly capacity: number | null
  readonly bodyBytes: number
  /** Pieces that the body comes in, and the time between two of them. */
  readonly bodyPieces: number
  readonly bodyPauseMs: number
}

export const DEFAULT_BEHAVIOUR: Behaviour = {
  latency: { kind: 'fixed', ms: 5 },
  connect: 'ok',
  connectTimeMs: 0,
  hang: false,
  errorRate: 0,
  errorStatus: 500,
  retryAfterSeconds: null,
  resetRate: 0,
  staleRate: 0,
  truncateRate: 0,
  stallRate: 0,
  capacity: null,
  bodyBytes: 1024,
  bodyPieces: 1,
  bodyPauseMs: 0
}

/** z of the 99th percentile of the normal distribution. */
const Z99 = 2.326_347_874

export function drawLatency(latency: Latency, random: Random): number {
  switch (latency.kind) {
    case 'fixed':
      return latency.ms
    case 'uniform':
      return latency.minMs + (latency.maxMs - latency.minMs) * random.next()
    case 'long-tail':
      return latency.medianMs * Math.exp((Math.log(latency.p99Ms / latency.medianMs) / Z99) * drawNormal(random))
  }
}

export type Ending = 'answer' | 'error' | 'reset' | 'stale' | 'truncated' | 'stalled' | 'silence'

/** How one request at the endpoint will end. */
export function drawEnding(behaviour: Behaviour, random: Random): Ending {
  if (behaviour.hang) return 'silence'
  const { resetRate, staleRate, errorRate, truncateRate, stallRate } = behaviour
  if (staleRate > 0 && random.next() < staleRate) return 'stale'
  if (resetRate > 0 && random.next() < resetRate) return 'reset'
  if (errorRate > 0 && random.next() < errorRate) return 'error'
  if (truncateRate > 0 && random.next() < truncateRate) return 'truncated'
  return stallRate > 0 && random.next() < stallRate ? 'stalled' : 'answer'
}
