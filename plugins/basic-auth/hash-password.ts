import { randomBytes } from 'node:crypto'
import { hasControlCharacters, prepareText } from './prepare-text.ts'
import { deriveHash, formatScryptHash } from './scrypt-hash.ts'

/** 32 MiB and three rounds of it: as hard to try as 128 MiB and one round, and two at once fit into a small container. */
const PARAMETERS = { cost: 2 ** 15, blockSize: 8, parallelization: 3 }

/**
 * The `scrypt:N:r:p:<salt>:<hash>` of a password, for the `password` of a consumer; another salt each time.
 * @throws TypeError when no client could send the password: it is empty or has control characters, such as a line break at its end.
 */
export async function hashPassword(password: string): Promise<string> {
  if (password === '') throw new TypeError('the password is empty')
  if (hasControlCharacters(password)) throw new TypeError('the password has a control character, which Basic authentication cannot carry')
  const like = { ...PARAMETERS, salt: randomBytes(16), hash: Buffer.alloc(32) }
  return formatScryptHash({ ...like, hash: await deriveHash(prepareText(password), like) })
}
