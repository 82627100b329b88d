import { ratioOf } from '../config/ratio.ts'
import { durationMs, sizeBytes } from '../plugin-api/units.ts'
import type { Behaviour, Latency } from './behaviour.ts'
import type { BehaviourText } from './scenario-schema.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** What is written, and nothing else. */
export function readBehaviour(text: BehaviourText): Partial<Behaviour> {
  const found: Partial<Writable<Behaviour>> = {}
  if (text.latency !== undefined) found.latency = readLatency(text.latency)
  if (text.connect !== undefined) found.connect = text.connect
  if (text.connectTime !== undefined) found.connectTimeMs = durationMs(text.connectTime)
  if (text.hang !== undefined) found.hang = text.hang
  if (text.errorStatus !== undefined) found.errorStatus = text.errorStatus
  if (text.retryAfter !== undefined) found.retryAfterSeconds = text.retryAfter === false ? null : Math.ceil(durationMs(text.retryAfter) / 1000)
  for (const key of ['errorRate', 'resetRate', 'staleRate', 'truncateRate', 'stallRate'] as const) {
    const share = text[key]
    if (share !== undefined) found[key] = ratioOf(share)
  }
  if (text.capacity !== undefined) found.capacity = text.capacity === false ? null : text.capacity
  if (text.body !== undefined) found.bodyBytes = sizeBytes(text.body)
  if (text.bodyPieces !== undefined) found.bodyPieces = text.bodyPieces
  if (text.bodyPause !== undefined) found.bodyPauseMs = durationMs(text.bodyPause)
  return found
}

function readLatency(text: NonNullable<BehaviourText['latency']>): Latency {
  if (typeof text === 'string') return { kind: 'fixed', ms: durationMs(text) }
  if ('median' in text) return { kind: 'long-tail', medianMs: durationMs(text.median), p99Ms: durationMs(text.p99) }
  return { kind: 'uniform', minMs: durationMs(text.min), maxMs: durationMs(text.max) }
}
