import type { VerifiedToken } from './verified-token.ts'

/**
 * Remembers tokens whose signature and fixed claims were good; whether they are good *now* is asked of the clock each time.
 * Only good tokens enter, so that garbage cannot push them out. Two halves take turns: one lookup per hit, no list to keep.
 */
export class TokenCache {
  readonly #half: number
  #young = new Map<string, VerifiedToken>()
  #old = new Map<string, VerifiedToken>()

  /** @param size most tokens to remember; 0 remembers none. */
  constructor(size: number) {
    this.#half = Math.ceil(size / 2)
  }

  get(token: string): VerifiedToken | undefined {
    const found = this.#young.get(token)
    if (found !== undefined) return found
    const aged = this.#old.get(token)
    if (aged !== undefined) {
      this.#old.delete(token)
      this.set(token, aged)
    }
    return aged
  }

  set(token: string, verified: VerifiedToken): void {
    if (this.#half === 0) return
    if (this.#young.size >= this.#half) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(token, verified)
  }

  delete(token: string): void {
    this.#young.delete(token)
    this.#old.delete(token)
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }
}
