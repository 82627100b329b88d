/**
 * 32 bits of a string, the same in every process and on every machine: gateways side by side must agree about the owner of a key.
 * Not for secrets, and no defence against somebody who chooses keys to collide. About a nanosecond a character.
 * @returns A signed 32-bit integer.
 */
export function hashString(text: string): number {
  // In the manner of MurmurHash2, two UTF-16 units at a time. The length tells an odd last unit from a pair with NUL.
  let hash = text.length
  let index = 0
  for (; index + 1 < text.length; index += 2) {
    hash = Math.imul(hash ^ (text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16)), 0x5bd1e995)
    hash ^= hash >>> 15
  }
  if (index < text.length) hash = Math.imul(hash ^ text.charCodeAt(index), 0x5bd1e995)
  return mixBits(hash)
}

/**
 * Spreads every bit of a 32-bit integer over all bits of the result, one to one. The constants are those of the lowest bias that
 * C. Wellons' hash-prospector lists for two multiplications.
 */
export function mixBits(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x21f0aaad)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
  return mixed ^ (mixed >>> 15)
}
