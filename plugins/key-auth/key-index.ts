import { hash } from 'node:crypto'
import type { Consumer, ConsumerEntry } from '../../src/plugin-api/index.ts'

const HASHED = 'sha256:'

/** Whose key it is. Holds the SHA-256 of every key, never a key. */
export class KeyIndex {
  /** By digest, hex. */
  readonly #holders = new Map<string, Consumer>()

  /** @throws TypeError naming the consumer, not the key, when a hash is malformed or two consumers have one key. */
  constructor(consumers: readonly ConsumerEntry[]) {
    for (const { name, groups, apiKeys } of consumers) {
      const consumer = Object.freeze({ name, groups: Object.freeze([...groups]) })
      for (const key of apiKeys) this.#add(digestOf(key, name), consumer)
    }
  }

  /** @param key as sent, of any length */
  find(key: Buffer): Consumer | null {
    // The time of this lookup depends on the digests alone. A caller cannot choose the digest of what is sent, so that how far it agrees
    // with a stored one tells nothing about the stored key; and the length of a key does not show either.
    return this.#holders.get(hash('sha256', key, 'hex')) ?? null
  }

  get size(): number {
    return this.#holders.size
  }

  #add(digest: string, consumer: Consumer): void {
    const before = this.#holders.get(digest)
    // The document's own check sees equal texts, but not that one of them is the hash of the other.
    if (before !== undefined && before !== consumer) {
      throw new TypeError(`the consumers ${before.name} and ${consumer.name} have the same key`)
    }
    this.#holders.set(digest, consumer)
  }
}

function digestOf(key: string, consumer: string): string {
  if (!key.startsWith(HASHED)) return hash('sha256', key, 'hex')
  const hex = key.slice(HASHED.length)
  // Taken as a plain key it would be one that nobody meant, and whoever reads the document could use it.
  if (!/^[0-9a-f]{64}$/i.test(hex)) throw new TypeError(`a key of consumer ${consumer} begins with sha256: and has not 64 hex digits after it`)
  return hex.toLowerCase()
}
