import { isAuthority } from './authority.ts'

/**
 * The request target (RFC 9112 section 3.2) read once, strictly. Routing, plugins and limits see only `path`; two spellings
 * of one resource give one canonical path, and what cannot be brought to one is refused instead of repaired.
 */
export interface RequestTarget {
  /** Canonical: percent-encoded unreserved characters decoded, hex digits upper case (RFC 3986 section 6.2.2). */
  readonly path: string
  /** As received; what is sent upstream when the route does not rewrite. */
  readonly rawPath: string
  /** As received, without `?`. */
  readonly query: string
  /** Whether a `?` was there; `/a?` and `/a` are different targets. */
  readonly hasQuery: boolean
  /** Host and port of an absolute-form target, which replaces the Host field (RFC 9112 section 3.2.2). */
  readonly authority: string | null
  /** Of an absolute-form target. */
  readonly scheme: 'http' | 'https' | null
  /** `*`, or an absolute form without path and query: under OPTIONS the server as a whole (RFC 9112 section 3.2.4). */
  readonly isServer: boolean
  readonly hasEncodedSlash: boolean
}

const ABSOLUTE = /^http(s)?:\/\/([^/?#@\\]+)(\/[^]*|\?[^]*)?$/i

const SLASH = 47
const DOT = 46
const QUESTION = 63
const PERCENT = 37
const SEMICOLON = 59

/** What a target in absolute form says besides path and query. */
type Origin = Pick<RequestTarget, 'authority' | 'scheme' | 'isServer'>

const NO_ORIGIN: Origin = { authority: null, scheme: null, isServer: false }

const ASTERISK: RequestTarget = {
  path: '*',
  rawPath: '*',
  query: '',
  hasQuery: false,
  authority: null,
  scheme: null,
  isServer: true,
  hasEncodedSlash: false
}

/** Returns what is wrong with the target as one sentence when it is refused. */
export function parseRequestTarget(url: string): RequestTarget | string {
  if (url.charCodeAt(0) === SLASH) return parseOriginForm(url, NO_ORIGIN)
  const absolute = ABSOLUTE.exec(url)
  if (absolute === null) return 'the request target is neither a path nor an http URL'
  const authority = absolute[2] as string
  if (!isAuthority(authority)) return 'the authority of the request target is not a host'
  const rest = absolute[3] ?? '/'
  const scheme = absolute[1] === undefined ? 'http' : 'https'
  return parseOriginForm(rest.charCodeAt(0) === SLASH ? rest : `/${rest}`, { authority, scheme, isServer: absolute[3] === undefined })
}

/** The same for a request line, where an asterisk alone may stand too, but only under OPTIONS (RFC 9112 section 3.2.4). */
export function parseTargetOf(method: string, url: string): RequestTarget | string {
  if (url !== '*') return parseRequestTarget(url)
  return method === 'OPTIONS' ? ASTERISK : 'the asterisk form is for OPTIONS only'
}

function parseOriginForm(url: string, { authority, scheme, isServer }: Origin): RequestTarget | string {
  let end = 0
  let encoded = false
  let encodedSlash = false
  let segmentStart = 1
  for (; end < url.length; end++) {
    const code = url.charCodeAt(end)
    if (code === QUESTION) break
    if (code === SLASH) {
      const fault = end > 0 ? segmentFault(url, segmentStart, end) : null
      if (fault !== null) return fault
      segmentStart = end + 1
    } else if (code === PERCENT) {
      const value = hexPair(url, end + 1)
      if (value < 0) return 'the path holds a "%" that is not followed by two hex digits'
      if (value === 0) return 'the path holds an encoded NUL'
      if (value === 0x5c) return 'the path holds an encoded backslash'
      if (value === SLASH) encodedSlash = true
      encoded = true
    } else if (code === 0x5c) return 'the path holds a backslash'
    else if (code === 0x23) return 'the path holds a "#"'
    else if (code <= 0x20 || code >= 0x7f) return 'the path holds a character that must be percent-encoded'
  }
  const rawPath = end === url.length ? url : url.slice(0, end)
  const path = encoded ? canonicalPath(rawPath) : rawPath
  const fault = encoded ? dotSegmentFault(path) : lastSegmentFault(path, segmentStart)
  if (fault !== null) return fault
  return {
    path,
    rawPath,
    query: end < url.length ? url.slice(end + 1) : '',
    hasQuery: end < url.length,
    authority,
    scheme,
    isServer,
    hasEncodedSlash: encodedSlash
  }
}

/** A segment that is followed by another: empty (`//`) or a dot segment. */
function segmentFault(path: string, start: number, end: number): string | null {
  if (start === end) return 'the path holds an empty segment'
  return isDotSegment(path, start, end) ? 'the path holds a dot segment' : null
}

function lastSegmentFault(path: string, start: number): string | null {
  return isDotSegment(path, start, path.length) ? 'the path holds a dot segment' : null
}

/** After decoding, `%2e%2e` has become `..`. */
function dotSegmentFault(path: string): string | null {
  let start = 1
  while (start <= path.length) {
    const slash = path.indexOf('/', start)
    const end = slash === -1 ? path.length : slash
    if (isDotSegment(path, start, end)) return 'the path holds a dot segment'
    start = end + 1
  }
  return null
}

/** `.` or `..`, also with path parameters (`..;x`, `..%3Bx`), which some servers cut off before they resolve dots. */
function isDotSegment(path: string, start: number, end: number): boolean {
  if (path.charCodeAt(start) !== DOT || start >= end) return false
  const next = path.charCodeAt(start + 1) === DOT && start + 1 < end ? start + 2 : start + 1
  return next === end || path.charCodeAt(next) === SEMICOLON || (path.charCodeAt(next) === PERCENT && path.startsWith('%3B', next))
}

function hexPair(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at))
  const low = hexDigit(text.charCodeAt(at + 1))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 0x20
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

const UNRESERVED = /[A-Za-z0-9\-._~]/

function canonicalPath(path: string): string {
  return path.replace(/%[0-9A-Fa-f]{2}/g, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16))
    return UNRESERVED.test(character) ? character : triplet.toUpperCase()
  })
}
