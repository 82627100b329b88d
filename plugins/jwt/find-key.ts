import type { KeySource } from './key-source.ts'
import { SetKey, type KeySet } from './key-set.ts'
import type { Reason } from './reasons.ts'
import type { TokenRule } from './settings.ts'
import type { TokenHeader } from './token-header.ts'
import { LASTING_KEY, type KeyState } from './verified-token.ts'
import { createKeyVerifier, type Verify } from './verifier.ts'

/** A key for one token, with the rule's verifier for it. */
export interface FoundKey {
  readonly state: KeyState
  readonly verify: Verify
}

/** A promise only where keys must be waited for. */
export type KeyFinder = (header: TokenHeader) => FoundKey | Reason | Promise<FoundKey | Reason>

/** The configuration has one key: a `kid` has nothing to choose from. */
export function findStaticKey(verify: Verify): KeyFinder {
  const found: FoundKey = { state: LASTING_KEY, verify }
  return () => found
}

export function findSetKey(source: KeySource, waitMs: number, rule: TokenRule): KeyFinder {
  const verifiers = new WeakMap<SetKey, Verify>()
  const verifierOf = (key: SetKey): Verify => {
    const made =
      verifiers.get(key) ??
      createKeyVerifier(
        rule,
        key.pem,
        rule.algorithms.filter((name) => key.algorithms.includes(name))
      )
    verifiers.set(key, made)
    return made
  }
  const findIn = (set: KeySet | null, { kid, alg }: TokenHeader): FoundKey | Reason => {
    if (set === null) return 'unavailable'
    const key = set.find(kid, alg)
    if (key instanceof SetKey) return { state: key, verify: verifierOf(key) }
    return key === 'unfit' ? 'algorithm' : 'key'
  }
  return (header) => {
    const { set } = source
    if (set === null) return source.first(waitMs).then((first) => findIn(first, header))
    if (set.find(header.kid, header.alg) !== 'unknown') return findIn(set, header)
    const renewed = source.renew(waitMs)
    return renewed === null ? 'key' : renewed.then((newer) => findIn(newer, header))
  }
}
