import { RollingWindow, WINDOW_WORDS } from '../window/rolling-window.ts'
import type { BreakerPhase, BreakerReason } from './types.ts'

/** Held around each operation on memory that several threads use. */
export interface BreakerLock {
  acquire(): void
  release(): void
}

/**
 * The state of one breaker, as numbers: several breakers over the same words, in threads of their own, are one. What is the same for all of
 * them, but for a moment after a reload, is their rule.
 */
export interface BreakerMemory {
  /** `breakerWords` of them, zeroes at first. */
  readonly words: Float64Array
  /** Null when only one thread uses the words. */
  readonly lock: BreakerLock | null
  /** Whose probes are counted as running, 0 and up; each thread has a number of its own. */
  readonly worker: number
}

/** Which word is what; the first is the phase's stamp, see below. */
export const UNTIL_MS = 1
export const SUCCEEDED = 2
export const REASON = 3
export const SINCE_MS = 4
export const FAILURES_IN_ROW = 5
/** Half-open phases that failed since it was last closed. */
export const FAILED_PHASES = 6
const WINDOW = 8
/** Probes that run, of each worker: those of one that has died can be told from the others. */
export const RUNNING = WINDOW + WINDOW_WORDS

/**
 * Half of the first word, as an integer: kind and epoch of the phase in one, so that both can be read at once without the lock and change
 * at once. It is written last: a thread that ends in the middle of a change leaves the phase before it.
 */
export const STAMP = 0
/** The other half is left to the lock: whoever takes it reads the phase next. */
export const LOCK = 1

// As they are written: zero is what a new breaker finds.
export const CLOSED = 0
export const OPEN = 1
export const HALF_OPEN = 2
export const FORCED_OPEN = 3
export const FORCED_CLOSED = 4
export const PHASES: readonly BreakerPhase[] = ['closed', 'open', 'half-open', 'forced-open', 'forced-closed']
export const REASONS: readonly (BreakerReason | null)[] = [
  null,
  'failure-ratio',
  'slow-calls',
  'consecutive-failures',
  'probe-failed',
  'open-time-over',
  'probes-succeeded',
  'operator'
]

const KIND_BITS = 3
const KIND_MASK = (1 << KIND_BITS) - 1

/** @param workers How many numbers of workers there are. */
export function breakerWords(workers: number): number {
  return RUNNING + workers
}

/** Memory of one thread alone. */
export function privateMemory(): BreakerMemory {
  return { words: new Float64Array(breakerWords(1)), lock: null, worker: 0 }
}

/** The words as integers, for the stamp. */
export function stampsOf({ words }: BreakerMemory): Int32Array {
  return new Int32Array(words.buffer, words.byteOffset, 2)
}

export function kindOf(stamp: number): number {
  return stamp & KIND_MASK
}

/** The phase that follows: its epoch is one that no permit has yet. */
export function nextStamp(stamp: number, kind: number): number {
  return (((stamp >> KIND_BITS) + 1) << KIND_BITS) | kind | 0
}

/** The window of the breaker; the first to ask makes the words those of a new breaker. Under the lock. */
export function windowOf({ words }: BreakerMemory, windowMs: number): RollingWindow {
  if (words[WINDOW] === 0) words[SINCE_MS] = -Infinity
  return new RollingWindow(windowMs, words.subarray(WINDOW, RUNNING))
}

export function runningProbes(words: Float64Array): number {
  let running = 0
  for (let word = RUNNING; word < words.length; word++) running += words[word] as number
  return running
}

/**
 * Makes words that were somebody else's those of a new breaker. Permits of the old one, which somebody may still hold, mean nothing to it:
 * epochs go on.
 */
export function clearMemory(memory: BreakerMemory): void {
  const stamps = stampsOf(memory)
  const stamp = nextStamp(stamps[STAMP] as number, CLOSED)
  memory.words.fill(0, 1)
  stamps[STAMP] = stamp
}

/**
 * Gives back what a worker that has died held of a breaker. Its permits will never be settled: those of a half-open phase would keep their
 * places for ever, and with all of them gone the breaker would never close again. Probes of other workers go on and count. Also makes
 * whole what it may have been about to change.
 */
export function forgetWorker(memory: BreakerMemory, worker: number): void {
  const { words } = memory
  words[RUNNING + worker] = 0
  // Nothing has been written yet, when not even the window has its length.
  if (words[WINDOW] !== 0) windowOf(memory, 1).repair()
}
