import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Account } from './accounts.ts'
import type { Credentials } from './find-credentials.ts'
import { HashChecker, type CheckHash, type PasswordHash } from './password-hash.ts'
import { WorkQueue } from './work-queue.ts'

export type Verdict = 'right' | 'wrong' | 'overloaded'

/** Of the four threads that Node has for such work two are left to files and names. */
const HASHES_AT_ONCE = 2
/** About three seconds of work with the hashes of `sallyport hash`; who would wait longer is better sent away. */
const MOST_WAITING = 64
const MOST_REMEMBERED = 10_000

/**
 * Compares passwords with accounts, for all routes together: hashing is slow on purpose, so that it is done few at a time, once for equal
 * requests at the same moment, and not again for a while after it went well. What went wrong is not remembered: it would fill the memory.
 */
export class PasswordVerifier {
  /** Made anew in each process: what is remembered tells nothing to who reads it. */
  readonly #key = randomBytes(32)
  readonly #checker = new HashChecker()
  readonly #check: CheckHash
  readonly #queue = new WorkQueue(HASHES_AT_ONCE, MOST_WAITING)
  readonly #running = new Map<string, Promise<Verdict>>()
  /** When it was verified, oldest first. */
  readonly #verified = new Map<string, number>()

  constructor(check?: CheckHash) {
    this.#check = check ?? this.#checker.check
  }

  close(): void {
    this.#checker.close()
  }

  /** @param nowMs monotonic @param maxAgeMs how old a verification may be; 0 verifies each time */
  verify(account: Account, credentials: Credentials, nowMs: number, maxAgeMs: number): Verdict | Promise<Verdict> {
    const { hash } = account
    if (hash === null) return isPlain(account, credentials.password) ? 'right' : 'wrong'
    const id = this.#idOf(account, credentials)
    const verifiedMs = this.#verified.get(id)
    if (verifiedMs !== undefined && nowMs - verifiedMs < maxAgeMs) return 'right'
    return this.#running.get(id) ?? this.#compute(id, account, hash, credentials.password, nowMs)
  }

  get remembered(): number {
    return this.#verified.size
  }

  #compute(id: string, account: Account, hash: PasswordHash, password: string, nowMs: number): Verdict | Promise<Verdict> {
    const checked = this.#queue.run(() => this.#check(password, hash))
    if (checked === null) return 'overloaded'
    const verdict = checked
      .then((isHash): Verdict => {
        // Both are compared for each account: its own hash and, where the hash is a decoy, the plain password.
        const isRight = account.plain === null ? isHash && account.consumer !== null : isPlain(account, password)
        if (isRight) this.#remember(id, nowMs)
        return isRight ? 'right' : 'wrong'
      })
      .finally(() => this.#running.delete(id))
    this.#running.set(id, verdict)
    return verdict
  }

  #remember(id: string, nowMs: number): void {
    this.#verified.delete(id)
    const [oldest] = this.#verified.keys()
    if (oldest !== undefined && this.#verified.size >= MOST_REMEMBERED) this.#verified.delete(oldest)
    this.#verified.set(id, nowMs)
  }

  #idOf({ version }: Account, { username, password }: Credentials): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([username, password, version]))
      .digest('base64url')
  }
}

/** Compares digests, which are of one length, so that the time tells nothing about the password. */
function isPlain({ plain }: Account, password: string): boolean {
  const digest = createHash('sha256').update(password).digest()
  return timingSafeEqual(digest, plain ?? Buffer.alloc(digest.length)) && plain !== null
}
