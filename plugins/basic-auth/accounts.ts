import { createHash, randomBytes } from 'node:crypto'
import type { Consumer, ConsumerEntry } from '../../src/plugin-api/index.ts'
import { prepareText } from './prepare-text.ts'
import { parseScryptHash, type ScryptHash } from './scrypt-hash.ts'

/** What a password is compared with. */
export interface Account {
  /** Null for a user name that nobody has. */
  readonly consumer: Consumer | null
  /** Changes with the stored password, so that what was verified with another one does not count. */
  readonly version: string
  /** What is computed for this account: its own hash, or for all others a decoy that costs as much. Null when no account has a hash. */
  readonly scrypt: ScryptHash | null
  /** SHA-256 of a password that the document has as it is. */
  readonly plain: Buffer | null
}

export class Accounts {
  readonly #byUsername = new Map<string, Account>()
  readonly #nobody: Account
  readonly plainCount: number

  /** @throws TypeError naming consumer and user name when a password is a hash that cannot be checked, or two have one user name */
  constructor(consumers: readonly ConsumerEntry[]) {
    const found = consumers.flatMap(({ name, groups, basic }) => {
      const consumer = Object.freeze({ name, groups: Object.freeze([...groups]) })
      return basic.map(({ username, password }) => ({ consumer, username: prepareText(username), ...readPassword(password, name, username) }))
    })
    const decoy = decoyOf(found.flatMap(({ scrypt }) => scrypt ?? []))
    for (const { username, consumer, version, scrypt, plain } of found) {
      if (this.#byUsername.has(username)) throw new TypeError(`two consumers have the user name ${username}`)
      this.#byUsername.set(username, { consumer, version, scrypt: scrypt ?? decoy, plain })
    }
    this.#nobody = { consumer: null, version: '', scrypt: decoy, plain: null }
    this.plainCount = found.filter(({ plain }) => plain !== null).length
  }

  /** Of an unknown user too, so that there is something to spend the same time on. */
  find(username: string): Account {
    return this.#byUsername.get(username) ?? this.#nobody
  }

  get size(): number {
    return this.#byUsername.size
  }
}

/** The costliest: an unknown user must not be answered sooner than a known one. No password has this hash. */
function decoyOf(hashes: readonly ScryptHash[]): ScryptHash | null {
  const work = ({ cost, blockSize, parallelization }: ScryptHash): number => cost * blockSize * parallelization
  const [first] = hashes.toSorted((a, b) => work(b) - work(a))
  return first === undefined ? null : { ...first, salt: randomBytes(first.salt.length), hash: randomBytes(first.hash.length) }
}

function readPassword(text: string, consumer: string, username: string): Pick<Account, 'version' | 'scrypt' | 'plain'> {
  const version = createHash('sha256').update(text).digest('base64url')
  const whose = `the password of ${username} (consumer ${consumer})`
  if (text.startsWith('scrypt:')) {
    const scrypt = parseScryptHash(text)
    if (scrypt === null) throw new TypeError(`${whose} is not a valid scrypt:N:r:p:<salt>:<hash>`)
    return { version, scrypt, plain: null }
  }
  // Taken as plain text, the hash itself would be the password: whoever reads the document could log in with it.
  if (/^\$2[abxy]?\$/.test(text)) throw new TypeError(`${whose} is a bcrypt hash, which cannot be checked here; make a scrypt hash of it`)
  if (/^\$[\w-]+\$/.test(text)) throw new TypeError(`${whose} looks like a hash of a kind that cannot be checked here; make a scrypt hash of it`)
  return { version, scrypt: null, plain: createHash('sha256').update(prepareText(text)).digest() }
}
