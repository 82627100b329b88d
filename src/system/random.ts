import { randomFillSync } from 'node:crypto'
import type { Random } from '../plugin-api/index.ts'

const ID_BYTES = 16
const POOL_BYTES = ID_BYTES * 256

/** Ids are cut from a pool: one call into the system's generator for 256 ids. */
export function createSystemRandom(): Random {
  const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
  let offset = POOL_BYTES
  return {
    next: Math.random,
    id() {
      if (offset === POOL_BYTES) {
        randomFillSync(pool)
        offset = 0
      }
      const id = pool.toString('hex', offset, offset + ID_BYTES)
      offset += ID_BYTES
      return id
    }
  }
}
