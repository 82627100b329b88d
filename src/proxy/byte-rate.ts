/**
 * Bytes that a client must move, as time that it has left: waiting for it takes time away, every byte gives some back. What it has not used
 * counts for later up to a limit, so that bursts and short pauses pass and only a client that stays too slow runs out of it.
 */
export interface ByteRate {
  /** 0: any byte gives all of it back, only silence is too slow. */
  readonly bytesPerSecond: number
  /** What it begins with, ms. */
  readonly graceMs: number
  /** The most that can be left, ms. */
  readonly maxMs: number
}

/** What is left after so many bytes and so much waiting, ms; below 0 the client is too slow. */
export function timeLeft(rate: ByteRate, leftMs: number, bytes: number, waitedMs: number): number {
  if (bytes === 0) return leftMs - waitedMs
  const earnedMs = rate.bytesPerSecond === 0 ? rate.maxMs : (bytes * 1000) / rate.bytesPerSecond
  return Math.min(rate.maxMs, leftMs + earnedMs) - waitedMs
}
