import { randomBytes } from 'node:crypto'
import { deriveHash, formatScryptHash } from '../../plugins/basic-auth/scrypt-hash.ts'

/** The request options with that user and password. */
export function basic(username: string, password: string): { readonly headers: { readonly authorization: string } } {
  return { headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` } }
}

/** A hash that takes less than a millisecond: what is tested is not how slow it is. */
export async function cheapHash(password: string, cost = 16): Promise<string> {
  const like = { cost, blockSize: 1, parallelization: 1, salt: randomBytes(8), hash: Buffer.alloc(16) }
  return formatScryptHash({ ...like, hash: await deriveHash(password, like) })
}
