import type { Algorithm } from './algorithms.ts'
import { readJwk, type SetKeyFacts } from './jwk.ts'
import { isObject } from './token-text.ts'
import type { KeyState } from './verified-token.ts'

/** More are no key set: each costs memory, and time at every fetch. */
const MAX_KEYS = 100

/** A key of a set. The same object as long as the set has the key, through fetches and reloads. */
export class SetKey implements KeyState {
  readonly kid: string | null
  readonly pem: string
  readonly algorithms: readonly Algorithm[]
  #retired = false

  constructor({ kid, pem, algorithms }: SetKeyFacts) {
    this.kid = kid
    this.pem = pem
    this.algorithms = algorithms
  }

  get retired(): boolean {
    return this.#retired
  }

  /** What it verified is good no longer. */
  retire(): void {
    this.#retired = true
  }
}

export type KeyMiss =
  /** No key of the set has that `kid`. */
  | 'unknown'
  /** The key is for other algorithms. */
  | 'unfit'
  /** Several keys fit: to try one after the other would let a token choose how much work it makes. */
  | 'ambiguous'

/** The usable keys of an issuer. Immutable but for the state of its keys. */
export class KeySet {
  readonly keys: readonly SetKey[]
  /** Why the others are ignored, each reason once. */
  readonly ignored: readonly string[]
  readonly #byKid = new Map<string, readonly SetKey[]>()

  constructor(keys: readonly SetKey[], ignored: readonly string[]) {
    this.keys = keys
    this.ignored = ignored
    for (const key of keys) if (key.kid !== null) this.#byKid.set(key.kid, [...(this.#byKid.get(key.kid) ?? []), key])
  }

  /** The one key with that `kid` that is for the algorithm; for a token without one, the only key that is. */
  find(kid: string | null, alg: string): SetKey | KeyMiss {
    const named = kid === null ? this.keys : this.#byKid.get(kid)
    if (named === undefined) return 'unknown'
    const fit = named.filter(({ algorithms }) => (algorithms as readonly string[]).includes(alg))
    const [only] = fit
    if (only === undefined) return 'unfit'
    return fit.length === 1 ? only : 'ambiguous'
  }
}

/**
 * Reads a JSON Web Key Set (RFC 7517 section 5); keys that cannot be used are left out. Keys of the previous set stay the same objects,
 * and those that it has no longer are retired. @throws Error in words for an operator when this is no set of keys
 */
export function nextKeySet(document: unknown, previous: KeySet | null): KeySet {
  const { keys } = isObject(document) ? document : {}
  if (!Array.isArray(keys)) throw new Error('the answer is no key set')
  if (keys.length > MAX_KEYS) throw new Error(`the set has more than ${MAX_KEYS} keys`)
  const read = keys.map(readJwk)
  const ignored = [...new Set(read.filter((one) => typeof one === 'string'))]
  const usable = read.filter((one) => typeof one !== 'string')
  if (usable.length === 0) throw new Error(['the set has no usable key', ...ignored].join('; '))
  const known = new Map(previous?.keys.map((key) => [identityOf(key), key]))
  const kept = new Map(usable.map((facts) => [identityOf(facts), known.get(identityOf(facts)) ?? new SetKey(facts)]))
  for (const [identity, key] of known) if (!kept.has(identity)) key.retire()
  return new KeySet([...kept.values()], ignored)
}

const identityOf = ({ kid, pem, algorithms }: SetKeyFacts): string => JSON.stringify([kid, algorithms, pem])
