/** `50%`, `12.5%`, or the text of a number from 0 to 1, which is what placeholders bring in. */
const RATIO = /^(?:(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)%|0(?:\.\d+)?|1(?:\.0+)?)$/

export const RATIO_PATTERN = RATIO.source

/** 0 to 1 of `50%`, `0.5` or 0.5; null when it is no share. */
export function parseRatio(value: string | number): number | null {
  if (typeof value === 'number') return value >= 0 && value <= 1 ? value : null
  if (!RATIO.test(value)) return null
  return value.endsWith('%') ? Number(value.slice(0, -1)) / 100 : Number(value)
}

/** 0 to 1 of a share that the schema has already accepted. @throws TypeError when it is none. */
export function ratioOf(value: string | number): number {
  const ratio = parseRatio(value)
  if (ratio === null) throw new TypeError(`not a share: ${value}`)
  return ratio
}
