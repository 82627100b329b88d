/**
 * The text with comments, regular expressions and the content of strings replaced by spaces, so that a search finds code only.
 * Offsets and lines stay. Expressions inside template literals are code and are kept. With `keepStrings` only comments and
 * regular expressions go.
 */
export function codeOnly(text: string, { keepStrings = false }: { keepStrings?: boolean } = {}): string {
  const out = text.split('')
  const blank = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (out[i] !== '\n') out[i] = ' '
  }
  // For each template literal that is open: how many braces are open in its current expression.
  const templates: number[] = []
  let at = 0
  while (at < text.length) {
    const rest = text.slice(at, at + 2)
    const char = text.charAt(at)
    if (rest === '//' || rest === '/*') {
      const end = rest === '//' ? endOf(text, '\n', at) : endOf(text, '*/', at + 2) + 2
      blank(at, end)
      at = end
    } else if (char === "'" || char === '"') {
      const end = endOfString(text, at)
      if (!keepStrings) blank(at + 1, end - 1)
      at = end
    } else if (char === '/' && startsRegex(text, at)) {
      const end = endOfRegex(text, at)
      blank(at, end)
      at = end
    } else if (char === '`' || (char === '}' && templates.at(-1) === 0)) {
      if (char === '}') templates.pop()
      const end = endOfTemplatePart(text, at + 1)
      if (!keepStrings) blank(at + 1, end)
      if (text.startsWith('${', end)) templates.push(0)
      at = text.startsWith('${', end) ? end + 2 : end + 1
    } else {
      const open = templates.length - 1
      if (open >= 0 && char === '{') templates[open] = (templates[open] ?? 0) + 1
      if (open >= 0 && char === '}') templates[open] = (templates[open] ?? 0) - 1
      at++
    }
  }
  return out.join('')
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from)
  return found < 0 ? text.length : found
}

/** Past the closing quote; past the opening one when the line ends first, because then it was none. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length && text.charAt(i) !== '\n'; i++) {
    if (text.charAt(i) === '\\') i++
    else if (text.charAt(i) === text.charAt(start)) return i + 1
  }
  return start + 1
}

/** A slash divides after a value and starts a regular expression after anything else. */
function startsRegex(text: string, at: number): boolean {
  const before = text.slice(0, at).trimEnd()
  return before === '' || /[(,=:[!&|?{};>+]$/.test(before) || /\b(?:return|typeof|case|of|in)$/.test(before)
}

function endOfRegex(text: string, start: number): number {
  let isInClass = false
  for (let i = start + 1; i < text.length && text.charAt(i) !== '\n'; i++) {
    const char = text.charAt(i)
    if (char === '\\') i++
    else if (char === '[') isInClass = true
    else if (char === ']') isInClass = false
    else if (char === '/' && !isInClass) return i + 1
  }
  return start + 1
}

/** The offset of the closing backtick or of the `${` that ends this piece of a template literal. */
function endOfTemplatePart(text: string, start: number): number {
  for (let i = start; i < text.length; i++) {
    if (text.charAt(i) === '\\') i++
    else if (text.charAt(i) === '`' || text.startsWith('${', i)) return i
  }
  return text.length
}
