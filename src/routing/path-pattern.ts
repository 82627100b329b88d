/** One piece of a path pattern between two slashes. */
export type PathSegment = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'param'; readonly name: string }

/**
 * A parsed path pattern. `/a/:id` has two segments; a trailing slash is an empty literal segment at the end, so `/` is one
 * empty segment. With `wildcard` the segments are followed by anything, or by nothing.
 */
export interface PathPattern {
  readonly segments: readonly PathSegment[]
  readonly wildcard: boolean
}

/** `offset` is the index of the offending character in the text. */
export interface PatternProblem {
  readonly ok: false
  readonly reason: string
  readonly offset: number
}

export type PathPatternResult = { readonly ok: true; readonly pattern: PathPattern } | PatternProblem

const paramName = /^[A-Za-z_][A-Za-z0-9_]*$/
const unreserved = /[A-Za-z0-9._~-]/

/** Reads `/a/b`, `/users/:id` or `/prefix/*`. Never throws; the first problem from the left is the one that is reported. */
export function parsePathPattern(text: string): PathPatternResult {
  if (text === '') return problem('the path is empty; write "/" for the root or "/*" for every path', 0)
  if (text === '*') return problem('write "/*" to match every path', 0)
  if (!text.startsWith('/')) return problem('a path starts with "/"', 0)
  const segments: PathSegment[] = []
  const names = new Set<string>()
  let start = 1
  while (start <= text.length) {
    const next = text.indexOf('/', start)
    const end = next === -1 ? text.length : next
    const raw = text.slice(start, end)
    if (raw === '*' && end === text.length) return { ok: true, pattern: { segments, wildcard: true } }
    const segment = parseSegment(raw, start, end === text.length, names)
    if ('ok' in segment) return segment
    segments.push(segment)
    start = end + 1
  }
  return { ok: true, pattern: { segments, wildcard: false } }
}

function parseSegment(raw: string, offset: number, last: boolean, names: Set<string>): PathSegment | PatternProblem {
  if (raw === '' && !last) return problem('"//" never reaches a route: the gateway refuses it', offset)
  if (raw === '.' || raw === '..') return problem(`"${raw}" is a dot segment; the gateway refuses it, so no request can match`, offset)
  if (raw.startsWith(':')) return parseParam(raw, offset, names)
  const wrong = characterProblem(raw, offset, last)
  return wrong ?? { kind: 'literal', text: raw }
}

function parseParam(raw: string, offset: number, names: Set<string>): PathSegment | PatternProblem {
  const name = raw.slice(1)
  if (name === '') return problem('a parameter needs a name, as in ":id"', offset)
  if (name.includes('*')) return problem('a parameter is one segment; "*" may only stand alone, after the last "/"', offset + 1 + name.indexOf('*'))
  if (!paramName.test(name)) {
    return problem(`":${name}" is not a parameter name (a letter or "_", then letters, digits, "_"); for a part of a segment use pathRegex`, offset)
  }
  if (names.has(name)) return problem(`the parameter ":${name}" appears twice`, offset)
  names.add(name)
  return { kind: 'param', name }
}

/** What no canonical path can contain, with the likely intention of who wrote it. */
function characterProblem(raw: string, offset: number, last: boolean): PatternProblem | undefined {
  for (let i = 0; i < raw.length; i++) {
    const char = raw[i] ?? ''
    const at = offset + i
    if (char === '*') return problem(starReason(raw, last), at)
    if (char === '?') return problem('a path has no query; use "query" for tests of query parameters', at)
    if (char === '#') return problem('a path has no fragment: clients do not send it', at)
    if (char === ';') return problem('";" starts path parameters, which upstreams read differently; use pathRegex to match it', at)
    if (char === '{' || char === '}') return problem('write a parameter as ":name", not "{name}"', at)
    if (char === '\\') return problem('a backslash never reaches a route: the gateway refuses it', at)
    if (char === '%') {
      const reason = percentReason(raw.slice(i, i + 3))
      if (reason !== undefined) return problem(reason, at)
    } else if (!/[!$&'()+,:=@A-Za-z0-9._~-]/.test(char)) {
      return problem(`${JSON.stringify(char)} cannot stand in a path; write it percent-encoded, as ${encodeURIComponent(raw).slice(0, 40)}`, at)
    }
  }
  return undefined
}

function starReason(raw: string, last: boolean): string {
  if (raw.includes('**')) return '"**" is not supported; "/*" at the end already matches any depth'
  if (raw === '*' && !last) return '"*" may only be the last segment; use ":name" for one segment in the middle'
  return '"*" must stand alone after the last "/"; use pathRegex for a part of a segment'
}

function percentReason(escape: string): string | undefined {
  if (!/^%[0-9A-Fa-f]{2}$/.test(escape)) return '"%" must be followed by two hexadecimal digits'
  const char = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  if (unreserved.test(char)) return `"${escape}" is "${char}"; write it plainly, as the canonical path has it`
  if (escape !== escape.toUpperCase()) return `write "${escape.toUpperCase()}": the canonical path has upper-case hexadecimal digits`
  if (char === '\0' || char === '\\') return `"${escape}" never reaches a route: the gateway refuses it`
  return undefined
}

function problem(reason: string, offset: number): PatternProblem {
  return { ok: false, reason, offset }
}
