import { NO_SLOT } from './slots.ts'

const WORD_BITS = 32

/**
 * Which slots have a key, as bits: so that keys can be looked at in turn without a look at what is no key, as a hand goes round. With a million
 * slots that are all but empty a whole round is 31,250 words.
 */
export class KeyTurns {
  readonly #words: number[] = []

  add(slot: number): void {
    const word = slot >>> 5
    while (word >= this.#words.length) this.#words.push(0)
    this.#words[word] = (this.#words[word] as number) | (1 << slot)
  }

  remove(slot: number): void {
    const word = slot >>> 5
    this.#words[word] = (this.#words[word] as number) & ~(1 << slot)
  }

  /** The next one behind a slot, behind the last one the first again; none when there is none at all. */
  next(slot: number): number {
    const words = this.#words
    let word = (slot + 1) >>> 5
    let bits = word < words.length ? (words[word] as number) & (-1 << (slot + 1)) : 0
    for (let looks = 0; bits === 0; looks++) {
      if (looks > words.length) return NO_SLOT
      word = word + 1 < words.length ? word + 1 : 0
      bits = words[word] ?? 0
    }
    return word * WORD_BITS + WORD_BITS - 1 - Math.clz32(bits & -bits)
  }
}
