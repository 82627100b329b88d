import { timingSafeEqual } from 'node:crypto'
import { isTooLongForBcrypt, type BcryptHash } from './bcrypt-hash.ts'
import { BcryptThread } from './bcrypt-thread.ts'
import { deriveHash, type ScryptHash } from './scrypt-hash.ts'

export type PasswordHash = ScryptHash | BcryptHash

/** Whether it is the hash of that password. */
export type CheckHash = (password: string, hash: PasswordHash) => Promise<boolean>

/** About how long a check takes on one core, in milliseconds: enough to tell which of two kinds is the costlier. */
export function workOf(hash: PasswordHash): number {
  return hash.kind === 'bcrypt' ? 0.06 * 2 ** hash.cost : 1.2e-4 * hash.cost * hash.blockSize * hash.parallelization
}

export class HashChecker {
  readonly #bcrypt = new BcryptThread()

  readonly check: CheckHash = async (password, hash) => {
    if (hash.kind === 'scrypt') return timingSafeEqual(await deriveHash(password, hash), hash.hash)
    // Compared all the same, so that it takes its time.
    return (await this.#bcrypt.compare(password, hash.text)) && !isTooLongForBcrypt(password)
  }

  close(): void {
    this.#bcrypt.close()
  }
}
