const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ...['null', 'Null', 'NULL', '~'].map((text) => [text, null] as const),
  ...['true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['false', 'False', 'FALSE'].map((text) => [text, false] as const)
])

const DECIMAL = /^[-+]?(?:\d{1,15}|\d{1,10}\.\d{1,10})$/
/** Every other way in which the core schema of YAML 1.2 writes a number. */
const NUMBER = /^(?:0o[0-7]+|0x[\da-fA-F]+|[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

/** What an unquoted text means by the core schema of YAML 1.2; undefined for a number in an unusual form. */
export function plainValue(text: string): string | number | boolean | null | undefined {
  const code = text.charCodeAt(0)
  const mayBeNumber = (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e
  if (mayBeNumber) return DECIMAL.test(text) ? Number(text) : NUMBER.test(text) ? undefined : text
  // No word of the schema is longer.
  if (text.length > 5) return text
  const word = WORDS.get(text)
  return word === undefined ? text : word
}
