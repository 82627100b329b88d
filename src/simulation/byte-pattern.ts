/** Bytes that tell where they belong: a piece that is missing, doubled or of another message shows. */
function byteAt(position: number, salt: number): number {
  return (position * 31 + (position >> 8) + salt) & 0xff
}

/** After this many bytes the pattern begins again. */
const PERIOD = 65_536

/** Two periods by salt, so that a piece of up to one period is always in there; made when first asked for. */
const patterns: (Buffer | undefined)[] = Array.from({ length: 256 })

function pattern(salt: number): Buffer {
  const known = patterns[salt & 0xff]
  if (known !== undefined) return known
  const bytes = Buffer.alloc(2 * PERIOD)
  for (let i = 0; i < bytes.length; i++) bytes[i] = byteAt(i, salt)
  patterns[salt & 0xff] = bytes
  return bytes
}

/** Bytes `from` to `to` of the body with that salt; to be read only. */
export function patternBytes(from: number, to: number, salt: number): Buffer {
  const at = from % PERIOD
  if (to - from <= PERIOD) return pattern(salt).subarray(at, at + to - from)
  const bytes = Buffer.allocUnsafe(to - from)
  for (let i = from; i < to; i++) bytes[i - from] = byteAt(i, salt)
  return bytes
}

/** Whether the piece stands at that place of the body with that salt. */
export function isPattern(piece: Buffer, from: number, salt: number): boolean {
  return piece.equals(patternBytes(from, from + piece.length, salt))
}
