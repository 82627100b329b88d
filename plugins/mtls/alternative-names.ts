export interface AlternativeNames {
  /** In lower case. */
  readonly dns: readonly string[]
  readonly uris: readonly string[]
}

/** One name as Node prints it: a value with anything unusual in it is a JSON string, so that it cannot pass for two names. */
const NAME = /([A-Za-z][A-Za-z ]*):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y

const NONE: AlternativeNames = { dns: [], uris: [] }

/** Reads Node's text of a certificate's subject alternative names. None at all when a part of it is not understood. */
export function parseAlternativeNames(text: string | undefined): AlternativeNames {
  if (text === undefined) return NONE
  const dns: string[] = []
  const uris: string[] = []
  const pattern = new RegExp(NAME)
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text)
    if (found === null) return NONE
    const [, kind, quoted = ''] = found
    if (kind !== 'DNS' && kind !== 'URI') continue
    const value = unquote(quoted)
    if (value === null) return NONE
    if (kind === 'DNS') dns.push(value.toLowerCase())
    else uris.push(value)
  }
  return { dns, uris }
}

function unquote(text: string): string | null {
  if (!text.startsWith('"')) return text
  try {
    return JSON.parse(text) as string
  } catch {
    return null
  }
}
