import { createHash, timingSafeEqual } from 'node:crypto'
import type { Consumer, ConsumerEntry } from '../../src/plugin-api/index.ts'

const HASHED = 'sha256:'

interface Holder {
  readonly digest: Buffer
  readonly consumer: Consumer
}

/** Whose key it is. Holds the SHA-256 of every key, never a key. */
export class KeyIndex {
  readonly #holders = new Map<string, Holder>()

  /** @throws TypeError naming the consumer, not the key, when a hash is malformed or two consumers have one key. */
  constructor(consumers: readonly ConsumerEntry[]) {
    for (const { name, groups, apiKeys } of consumers) {
      const consumer = Object.freeze({ name, groups: Object.freeze([...groups]) })
      for (const key of apiKeys) this.#add(digestOf(key, name), consumer)
    }
  }

  /** @param key as sent, of any length */
  find(key: Buffer): Consumer | null {
    const digest = createHash('sha256').update(key).digest()
    // The time of this lookup depends on the digests alone. A caller cannot choose the digest of what is sent, so that how far it agrees
    // with a stored one tells nothing about the stored key; and the length of a key does not show either.
    const holder = this.#holders.get(digest.toString('hex'))
    return holder !== undefined && timingSafeEqual(holder.digest, digest) ? holder.consumer : null
  }

  get size(): number {
    return this.#holders.size
  }

  #add(digest: Buffer, consumer: Consumer): void {
    const id = digest.toString('hex')
    const before = this.#holders.get(id)
    // The document's own check sees equal texts, but not that one of them is the hash of the other.
    if (before !== undefined && before.consumer !== consumer) {
      throw new TypeError(`the consumers ${before.consumer.name} and ${consumer.name} have the same key`)
    }
    this.#holders.set(id, { digest, consumer })
  }
}

function digestOf(key: string, consumer: string): Buffer {
  if (!key.startsWith(HASHED)) return createHash('sha256').update(key).digest()
  const hex = key.slice(HASHED.length)
  // Taken as a plain key it would be one that nobody meant, and whoever reads the document could use it.
  if (!/^[0-9a-f]{64}$/i.test(hex)) throw new TypeError(`a key of consumer ${consumer} begins with sha256: and has not 64 hex digits after it`)
  return Buffer.from(hex, 'hex')
}
