import type { Random } from '../plugin-api/index.ts'

/**
 * xoshiro128** (Blackman and Vigna) behind splitmix32 for the seed: the same numbers on every machine. Each party draws from a fork of
 * its own, so that one more draw here does not change what happens there.
 */
export class SeededRandom implements Random {
  readonly #seed: number
  readonly #state: Uint32Array

  constructor(seed: number) {
    this.#seed = seed >>> 0
    const next = splitmix(this.#seed)
    this.#state = Uint32Array.of(next(), next(), next(), next())
  }

  next(): number {
    return this.#draw() / 0x1_0000_0000
  }

  id(): string {
    let id = ''
    for (let i = 0; i < 4; i++) id += this.#draw().toString(16).padStart(8, '0')
    return id
  }

  /** Another generator that depends on the seed and the name alone. */
  fork(name: string): SeededRandom {
    let hash = 0x811c9dc5 ^ this.#seed
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
    return new SeededRandom(hash)
  }

  #draw(): number {
    const s = this.#state
    const [s0, s1, s2, s3] = s as unknown as readonly [number, number, number, number]
    const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0
    const mixed2 = s2 ^ s0
    const mixed3 = s3 ^ s1
    s[0] = s0 ^ mixed3
    s[1] = s1 ^ mixed2
    s[2] = mixed2 ^ (s1 << 9)
    s[3] = rotate(mixed3, 11)
    return result
  }
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function splitmix(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}

/** Standard normal, by Box and Muller. */
export function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

/** Time to the next event of a Poisson process with this mean distance. */
export function drawExponential(random: Random, mean: number): number {
  return -Math.log(1 - random.next()) * mean
}
