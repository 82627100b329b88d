const FINAL_ROUNDS = 3

/** The state of two of HalfSipHash. */
const STATE_WORDS = 8

/**
 * Keys as 128 bits: memory that is shared cannot hold texts. Two of HalfSipHash-1-3 with 64 bits each, over words of two UTF-16 units, under
 * random keys. Nobody sees a hash, so callers can neither compute nor look for two keys that fall together. By chance, n keys at a time hold
 * such a pair with a probability of n² / 2^129: with a million of them, 1.5e-27.
 */
export class KeyHash {
  readonly #seed: Int32Array

  /** @param seed Four random words. */
  constructor(seed: Int32Array) {
    this.#seed = seed
  }

  /** What the keys of a rule go on from. The kind of its states is a part of it, as they cannot go on with each other's. */
  ofRule(kind: number, id: string): Int32Array {
    const state = new Int32Array(STATE_WORDS)
    for (let half = 0; half < 2; half++) {
      const [low = 0, high = 0] = this.#seed.subarray(2 * half)
      // The constants of HalfSipHash, for 64 bits of result.
      state.set([low, high ^ 0xee, 0x6c79_6765 ^ low, 0x7465_6462 ^ high], (half * STATE_WORDS) / 2)
    }
    absorb(state, `${String.fromCharCode(kind)}${id}`, state, 0, false)
    return state
  }

  /** Four words from `at` on. */
  ofKey(rule: Int32Array, key: string, hash: Int32Array, at: number): void {
    absorb(rule, key, hash, at, true)
  }
}

/**
 * All words of a text; the last one has its length, so that texts are told apart where they run together. Then the result of 128 bits is put
 * out, or the state. Both halves side by side: a processor works on them at once.
 */
function absorb(state: Int32Array, text: string, out: Int32Array, at: number, isFinal: boolean): void {
  let [a0, a1, a2, a3] = [state[0] as number, state[1] as number, state[2] as number, state[3] as number]
  let [b0, b1, b2, b3] = [state[4] as number, state[5] as number, state[6] as number, state[7] as number]
  const words = (text.length >>> 1) + 1
  const rounds = isFinal ? words + 2 * FINAL_ROUNDS : words
  for (let i = 0; i < rounds; i++) {
    const word = i < words ? wordAt(text, i) : 0
    const ending = i === words ? 0xee : 0
    if (i === words + FINAL_ROUNDS) {
      out[at] = a1 ^ a3
      out[at + 2] = b1 ^ b3
      a1 ^= 0xdd
      b1 ^= 0xdd
    }
    a3 ^= word
    b3 ^= word
    a0 = (a0 + a1) | 0
    b0 = (b0 + b1) | 0
    a1 = rotated(a1, 5) ^ a0
    b1 = rotated(b1, 5) ^ b0
    a2 = ((a2 ^ ending) + a3) | 0
    b2 = ((b2 ^ ending) + b3) | 0
    a3 = rotated(a3, 8) ^ a2
    b3 = rotated(b3, 8) ^ b2
    a0 = (rotated(a0, 16) + a3) | 0
    b0 = (rotated(b0, 16) + b3) | 0
    a3 = rotated(a3, 7) ^ a0
    b3 = rotated(b3, 7) ^ b0
    a2 = (a2 + a1) | 0
    b2 = (b2 + b1) | 0
    a1 = rotated(a1, 13) ^ a2
    b1 = rotated(b1, 13) ^ b2
    a2 = rotated(a2, 16)
    b2 = rotated(b2, 16)
    a0 ^= word
    b0 ^= word
  }
  if (!isFinal) out.set([a0, a1, a2, a3, b0, b1, b2, b3], at)
  else {
    out[at + 1] = a1 ^ a3
    out[at + 3] = b1 ^ b3
  }
}

function wordAt(text: string, i: number): number {
  const { length } = text
  const unit = 2 * i
  if (unit + 1 < length) return text.charCodeAt(unit) | (text.charCodeAt(unit + 1) << 16)
  return (unit < length ? text.charCodeAt(unit) : 0) | (length << 16)
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}
