import { scrypt } from 'node:crypto'

/** A password's hash with what it was made with (RFC 7914 section 2: N, r and p). */
export interface ScryptHash {
  readonly kind: 'scrypt'
  readonly cost: number
  readonly blockSize: number
  readonly parallelization: number
  readonly salt: Buffer
  readonly hash: Buffer
}

/** A document with a typing error must not make every login take the memory of the whole machine. */
const MOST_MEMORY = 256 * 1024 * 1024
const MOST_PARALLELIZATION = 64

/** Of `scrypt:N:r:p:<salt>:<hash>`, the last two in base64url; null when it is not one that can be computed here. */
export function parseScryptHash(text: string): ScryptHash | null {
  const found = /^scrypt:(\d{1,9}):(\d{1,9}):(\d{1,9}):([\w-]+):([\w-]+)$/.exec(text)
  if (found === null) return null
  const [cost, blockSize, parallelization] = [Number(found[1]), Number(found[2]), Number(found[3])]
  const isPowerOfTwo = cost > 1 && (cost & (cost - 1)) === 0
  if (!isPowerOfTwo || blockSize < 1 || parallelization < 1 || parallelization > MOST_PARALLELIZATION) return null
  if (128 * cost * blockSize > MOST_MEMORY) return null
  const [salt, hash] = [Buffer.from(found[4] ?? '', 'base64url'), Buffer.from(found[5] ?? '', 'base64url')]
  if (salt.toString('base64url') !== found[4] || hash.toString('base64url') !== found[5]) return null
  // A short hash is met by chance: 16 bytes are what it takes to not be.
  return salt.length < 8 || hash.length < 16 || hash.length > 128 ? null : { kind: 'scrypt', cost, blockSize, parallelization, salt, hash }
}

export function formatScryptHash({ cost, blockSize, parallelization, salt, hash }: Omit<ScryptHash, 'kind'>): string {
  return ['scrypt', cost, blockSize, parallelization, salt.toString('base64url'), hash.toString('base64url')].join(':')
}

/** The hash of that password, made as `like` was; computed on a thread of its own, so that requests go on meanwhile. */
export function deriveHash(password: string, like: Omit<ScryptHash, 'kind'>): Promise<Buffer> {
  const { cost, blockSize, parallelization, salt, hash } = like
  // What the algorithm takes (RFC 7914 section 2), with a little more for its bookkeeping.
  const maxmem = 128 * blockSize * (cost + parallelization + 2) + 65_536
  return new Promise((resolve, reject) => {
    scrypt(password, salt, hash.length, { cost, blockSize, parallelization, maxmem }, (error, derived) => {
      if (error === null) resolve(derived)
      else reject(error)
    })
  })
}
