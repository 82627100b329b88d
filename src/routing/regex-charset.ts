/** The set of sampled characters that a piece of a regular expression matches; bit i stands for sample i. */
export type CharSet = bigint

/**
 * Sets are sampled: all of Latin-1, and one character of each other kind that classes tell apart. Paths are ASCII and
 * headers Latin-1, so the samples are exact for them.
 */
const samples: readonly string[] = [
  ...Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)),
  'Ā',
  'ſ',
  'ƒ',
  'α',
  'Ω',
  'я',
  'א',
  'ع',
  '中',
  'あ',
  '٣',
  '\u0301',
  '\u2003',
  '\u2028',
  '\u20ac',
  '\u212a',
  '\ufeff',
  '\u{1f600}'
]

export const everyChar: CharSet = (1n << BigInt(samples.length)) - 1n

/**
 * Asks the engine which samples this class, escape or character matches. A set that holds none of the samples is taken for
 * every character: it then overlaps with more than it does, which errs on the safe side.
 */
export function charSetOf(text: string, flags: string): CharSet {
  // Most pieces are plain characters, for which there is no need to ask.
  if (/^[/A-Za-z0-9_-]$/.test(text) && !flags.includes('i')) return 1n << BigInt(text.charCodeAt(0))
  const regex = new RegExp(`^(?:${text})$`, flags)
  let set = 0n
  for (let i = 0; i < samples.length; i++) {
    if (regex.test(samples[i] ?? '')) set |= 1n << BigInt(i)
  }
  return set === 0n ? everyChar : set
}
