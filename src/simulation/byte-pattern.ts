/** Bytes that tell where they belong: a piece that is missing, doubled or of another message shows. */
function byteAt(position: number, salt: number): number {
  return (position * 31 + (position >> 8) + salt) & 0xff
}

/** Bytes `from` to `to` of the body with that salt. */
export function patternBytes(from: number, to: number, salt: number): Buffer {
  const bytes = Buffer.allocUnsafe(to - from)
  for (let i = from; i < to; i++) bytes[i - from] = byteAt(i, salt)
  return bytes
}

/** Whether the piece stands at that place of the body with that salt. */
export function isPattern(piece: Buffer, from: number, salt: number): boolean {
  for (let i = 0; i < piece.length; i++) if (piece[i] !== byteAt(from + i, salt)) return false
  return true
}
