/** A password's bcrypt hash as other programs write it, `htpasswd -B` for example. */
export interface BcryptHash {
  readonly kind: 'bcrypt'
  /** `$2b$10$…` */
  readonly text: string
  /** Each step more doubles the work. */
  readonly cost: number
}

/** 2^15 rounds take some seconds; a document with a typing error must not make every login take hours. */
const MOST_COST = 15

/** `$2x$` is left out: it marks hashes of a broken implementation. */
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

/** Null when it is not one that can be computed here. */
export function parseBcryptHash(text: string): BcryptHash | null {
  const cost = Number(BCRYPT.exec(text)?.[1] ?? 0)
  return cost < 4 || cost > MOST_COST ? null : { kind: 'bcrypt', text, cost }
}

/** Bcrypt looks at no more bytes: what has them in common would all be the same password. */
const MOST_BYTES = 72

export function isTooLongForBcrypt(password: string): boolean {
  return Buffer.byteLength(password) > MOST_BYTES
}
