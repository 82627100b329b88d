/** A piece of a text that may hold `${…}`. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly fallback: string | null }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'invalid'; readonly reason: string }

/** `$${` is an escape; `${…}` ends at the first closing brace. */
const TOKEN = /\$\$\{|\$\{([^}]*)(\}?)/g
const VARIABLE = /^([A-Za-z_]\w*)(?::-([\s\S]*))?$/

/** Offsets of the `${` that are placeholders, escapes left out. */
export function markOffsets(text: string): readonly number[] {
  return [...text.matchAll(TOKEN)].filter(([token]) => !isEscape(token)).map((found) => found.index)
}

/** Splits a text at its placeholders; the n-th part that is no text belongs to the n-th of `markOffsets`. */
export function splitPlaceholders(text: string): readonly Part[] {
  const parts: Part[] = []
  let end = 0
  for (const found of text.matchAll(TOKEN)) {
    const [token, inside = '', close = ''] = found
    if (found.index > end) parts.push({ kind: 'text', text: text.slice(end, found.index) })
    end = found.index + token.length
    parts.push(isEscape(token) ? { kind: 'text', text: '${' } : placeholder(inside, close === '}'))
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) })
  return parts
}

function placeholder(inside: string, closed: boolean): Part {
  if (!closed) return { kind: 'invalid', reason: '`${` has no closing brace' }
  if (inside.startsWith('file:')) {
    const path = inside.slice('file:'.length)
    return path === '' ? { kind: 'invalid', reason: '`${file:}` names no file' } : { kind: 'file', path }
  }
  const [whole, name, fallback = null] = VARIABLE.exec(inside) ?? []
  if (whole === undefined || name === undefined) return { kind: 'invalid', reason: 'expected ${NAME}, ${NAME:-default} or ${file:path}' }
  return { kind: 'variable', name, fallback }
}

function isEscape(token: string): boolean {
  return token.startsWith('$$')
}
