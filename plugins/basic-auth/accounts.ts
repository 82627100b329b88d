import { createHash, randomBytes } from 'node:crypto'
import type { Consumer, ConsumerEntry } from '../../src/plugin-api/index.ts'
import { prepareText } from './prepare-text.ts'
import { parseBcryptHash } from './bcrypt-hash.ts'
import { workOf, type PasswordHash } from './password-hash.ts'
import { parseScryptHash } from './scrypt-hash.ts'

/** What a password is compared with. */
export interface Account {
  /** Null for a user name that nobody has. */
  readonly consumer: Consumer | null
  /** Changes with the stored password, so that what was verified with another one does not count. */
  readonly version: string
  /** What is computed for this account: its own hash, or for all others a decoy that costs as much. Null when no account has a hash. */
  readonly hash: PasswordHash | null
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
    const decoy = decoyOf(found.flatMap(({ hash }) => hash ?? []))
    for (const { username, consumer, version, hash, plain } of found) {
      if (this.#byUsername.has(username)) throw new TypeError(`two consumers have the user name ${username}`)
      this.#byUsername.set(username, { consumer, version, hash: hash ?? decoy, plain })
    }
    this.#nobody = { consumer: null, version: '', hash: decoy, plain: null }
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
function decoyOf(hashes: readonly PasswordHash[]): PasswordHash | null {
  const [first] = hashes.toSorted((a, b) => workOf(b) - workOf(a))
  if (first === undefined) return null
  if (first.kind === 'scrypt') return { ...first, salt: randomBytes(first.salt.length), hash: randomBytes(first.hash.length) }
  return { ...first, text: first.text.slice(0, 7) + randomBytes(40).toString('base64url').slice(0, 53).replaceAll(/[-_]/g, '.') }
}

function readPassword(text: string, consumer: string, username: string): Pick<Account, 'version' | 'hash' | 'plain'> {
  const version = createHash('sha256').update(text).digest('base64url')
  const whose = `the password of ${username} (consumer ${consumer})`
  if (text.startsWith('scrypt:')) {
    const hash = parseScryptHash(text)
    if (hash === null) throw new TypeError(`${whose} is not a valid scrypt:N:r:p:<salt>:<hash>`)
    return { version, hash, plain: null }
  }
  if (/^\$2[a-z]?\$/.test(text)) {
    const hash = parseBcryptHash(text)
    if (hash === null) throw new TypeError(`${whose} is not a valid bcrypt hash: $2a$, $2b$ or $2y$, cost 04 to 15`)
    return { version, hash, plain: null }
  }
  // Taken as plain text, the hash itself would be the password: whoever reads the document could log in with it.
  if (/^\$[\w-]+\$/.test(text)) throw new TypeError(`${whose} looks like a hash of a kind that cannot be checked here; make a scrypt hash of it`)
  return { version, hash: null, plain: createHash('sha256').update(prepareText(text)).digest() }
}
