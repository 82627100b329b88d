/** mulberry32: small, seeded, the same on every machine. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export interface Dice {
  readonly seed: number
  readonly chance: (probability: number) => boolean
  /** An integer from `low` to `high`, both included. */
  readonly int: (low: number, high: number) => number
  readonly pick: <T>(from: readonly T[]) => T
  readonly text: (alphabet: string, low: number, high: number) => string
  readonly bytes: (length: number) => Buffer<ArrayBuffer>
}

/** The seed of `TEST_SEED`, to run a failure again; null under `npm run fuzz`, which wants a new one; else always the same. */
export function chosenSeed(): number | null {
  if (process.env['TEST_SEED'] !== undefined) return Number(process.env['TEST_SEED'])
  return process.env['FUZZ'] === undefined ? 20_261_120 : null
}

/** Random numbers from the chosen seed; the test prints it. */
export function dice(seed = chosenSeed() ?? Math.floor(Math.random() * 2 ** 31)): Dice {
  const next = seeded(seed)
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return {
    seed,
    int,
    chance: (probability) => next() < probability,
    pick: (from) => from[int(0, from.length - 1)] as (typeof from)[number],
    text: (alphabet, low, high) => Array.from({ length: int(low, high) }, () => alphabet.charAt(int(0, alphabet.length - 1))).join(''),
    bytes(length) {
      const bytes = Buffer.allocUnsafe(length)
      for (let i = 0; i < length; i++) bytes[i] = next() * 256
      return bytes
    }
  }
}
