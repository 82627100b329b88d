import { parsePathPattern } from './path-pattern.ts'
import type { PathMatch } from './types.ts'

/**
 * Other spellings under which an upstream may read the same path. Express ignores letter case and a trailing slash, Tomcat
 * and its relatives cut `;parameters` off every segment before they route. If the gateway read `/ADMIN/x` or `/admin;/x` only
 * literally, it would send them through a catch-all route, without the checks of the route for `/admin/*`.
 */
export interface Spelling {
  readonly path: string
  /** Segments vanished (`/a/..;/b`, `/;x/a`): the segments no longer stand opposite those of the path as received. */
  readonly restructured: boolean
}

/** Whether the path has an upper-case letter, a `;` (also as `%3B`) or a trailing slash. The digits of other percent escapes do not count. */
export function hasOtherSpellings(path: string): boolean {
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i)
    if (code === 0x25) {
      if (path.charCodeAt(i + 1) === 0x33 && (path.charCodeAt(i + 2) | 0x20) === 0x62) return true
      i += 2
    } else if (code === 0x3b || (code >= 0x41 && code <= 0x5a)) return true
  }
  return path.length > 1 && path.charCodeAt(path.length - 1) === 0x2f
}

/** Whether a request in a plain spelling may be another spelling of this route's path. */
export function isOddlySpelled(path: PathMatch): boolean {
  // Nearly every regex can match a path that ends in a slash (`/a/.*` takes `/a/`), and then `/a` is another spelling of it.
  if (path.kind === 'regex') return true
  const parsed = parsePathPattern(path.pattern)
  return (
    parsed.ok &&
    parsed.pattern.segments.some(
      (segment, index) => segment.kind === 'literal' && hasOtherSpellings(`/${segment.text}${index > 0 && segment.text === '' ? '/' : ''}`)
    )
  )
}

/**
 * The spellings to look up in the table of folded patterns: lower case, without a trailing slash, with and without
 * parameters. Regexes cannot be folded, so for them each spelling is also tried with the slash.
 */
export function spellingsOf(path: string, withRegexes: boolean): readonly Spelling[] {
  const lower = path.toLowerCase()
  const whole: Spelling = { path: withoutSlash(lower), restructured: false }
  // Some decode before they cut, others after.
  const decoded = lower.replaceAll('%3b', ';')
  const spellings = decoded.includes(';') ? [whole, withoutParameters(decoded)] : [whole]
  if (!withRegexes) return spellings
  return spellings.flatMap((spelling) => (spelling.path === '/' ? [spelling] : [spelling, { ...spelling, path: `${spelling.path}/` }]))
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

function withoutParameters(path: string): Spelling {
  const segments = path.slice(1).split('/')
  const kept: string[] = []
  let restructured = false
  for (const [index, segment] of segments.entries()) {
    const semicolon = segment.indexOf(';')
    const plain = semicolon === -1 ? segment : segment.slice(0, semicolon)
    if (plain === '..') kept.pop()
    else if (plain !== '' && plain !== '.') kept.push(plain)
    // An empty last segment is only the trailing slash, which every spelling drops.
    if (plain === '..' || plain === '.' || (plain === '' && (semicolon !== -1 || index < segments.length - 1))) restructured = true
  }
  return { path: `/${kept.join('/')}`, restructured }
}
