const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/
const SIZE = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB|KB|MB|GB)$/

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3
}

export const DURATION_PATTERN = DURATION.source
export const SIZE_PATTERN = SIZE.source

/** Milliseconds of `250ms`, `1.5s`, `2m`, `1h`, `1d`; null when the text is not a duration. */
export function parseDuration(text: string): number | null {
  const found = DURATION.exec(text)
  return found === null ? null : Math.round(Number(found[1]) * (MS[found[2] as string] as number))
}

/** Bytes of `512B`, `16KiB`, `10MiB`, `1GiB` (powers of 1024) or `10KB`, `1MB`, `1GB` (of 1000); null when it is not a size. */
export function parseSize(text: string): number | null {
  const found = SIZE.exec(text)
  return found === null ? null : Math.round(Number(found[1]) * (BYTES[found[2] as string] as number))
}

/** Milliseconds of a duration that the schema has already accepted. @throws TypeError when it is none. */
export function durationMs(text: string): number {
  const ms = parseDuration(text)
  if (ms === null) throw new TypeError(`not a duration: ${text}`)
  return ms
}

/** Bytes of a size that the schema has already accepted. @throws TypeError when it is none. */
export function sizeBytes(text: string): number {
  const bytes = parseSize(text)
  if (bytes === null) throw new TypeError(`not a size: ${text}`)
  return bytes
}
