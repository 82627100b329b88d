/** Time in which an old peak loses 63 % of its distance to what is measured since; Finagle's default. */
export const LATENCY_DECAY_MS = 10_000

/** A thousandth of a millisecond: 0 stands for "not measured yet", and a clock may be too coarse for a quick answer. */
const SHORTEST_MS = 0.001

/**
 * The next value of an endpoint's moving average: up to a higher sample at once, towards a lower one only as time passes, whatever the
 * number of samples. A slow answer is thus noticed with the first one, and believed to be over only after a while (peak EWMA, after
 * `PeakEwma` of Twitter's Finagle and linkerd).
 * @param previousMs 0 when nothing was measured before.
 * @param previousAtMs Monotonic ms of the previous value.
 * @param now Monotonic ms of the sample.
 * @param decayMs Positive.
 * @returns Always positive.
 */
export function peakEwma(previousMs: number, previousAtMs: number, sampleMs: number, now: number, decayMs = LATENCY_DECAY_MS): number {
  const sample = sampleMs > SHORTEST_MS ? sampleMs : SHORTEST_MS
  if (sample >= previousMs) return sample
  return sample + decayed(previousMs - sample, previousAtMs, now, decayMs)
}

/** What is left at `now` of a value of `atMs` when nothing is added. */
export function decayed(value: number, atMs: number, now: number, decayMs = LATENCY_DECAY_MS): number {
  const ageMs = now - atMs
  return ageMs > 0 ? value * Math.exp(-ageMs / decayMs) : value
}
