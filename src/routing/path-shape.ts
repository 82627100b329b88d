import { parsePathPattern, type PathSegment } from './path-pattern.ts'
import { regexOutline } from './regex.ts'
import type { PathMatch } from './types.ts'

/**
 * The one form that the table, the precedence and the conflicts work on: leading segments, then how the path goes on.
 * A regex keeps the whole segments of its literal prefix as segments; `prefix` is the rest of it, inside the next segment.
 */
export interface PathShape {
  readonly segments: readonly PathSegment[]
  readonly tail: PathTail
  /** In the order in which the path is read; `*` for the rest of a wildcard. */
  readonly paramNames: readonly string[]
}

export type PathTail =
  | { readonly kind: 'end' }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'regex'; readonly source: string; readonly prefix: string }

const end: PathTail = { kind: 'end' }
const wildcard: PathTail = { kind: 'wildcard' }

/** Throws when the path is invalid: whoever compiles a configuration has to ask `parsePathPattern` or `isSafeRegex` before. */
export function pathShape(path: PathMatch): PathShape {
  if (path.kind === 'regex') return regexShape(path.source)
  const parsed = parsePathPattern(path.pattern)
  if (!parsed.ok) throw new TypeError(`path ${JSON.stringify(path.pattern)}: ${parsed.reason}`)
  const { segments, wildcard: open } = parsed.pattern
  const paramNames = segments.flatMap((segment) => (segment.kind === 'param' ? [segment.name] : []))
  return open ? { segments, tail: wildcard, paramNames: [...paramNames, '*'] } : { segments, tail: end, paramNames }
}

function regexShape(source: string): PathShape {
  const { literalPrefix, groupNames: paramNames } = regexOutline(source)
  const pieces = literalPrefix.split('/')
  if (pieces.length < 2) return { segments: [], tail: { kind: 'regex', source, prefix: '' }, paramNames }
  const segments = pieces.slice(1, -1).map((text): PathSegment => ({ kind: 'literal', text }))
  return { segments, tail: { kind: 'regex', source, prefix: pieces.at(-1) ?? '' }, paramNames }
}

/** The names under which a matching request finds its values in `params`, `*` included. Throws like `pathShape`. */
export function patternParamNames(path: PathMatch): readonly string[] {
  return pathShape(path).paramNames
}

/** The same path for a reader that ignores letter case and a trailing slash. */
export function foldShape(shape: PathShape): PathShape {
  const folded = shape.segments.map((segment): PathSegment =>
    segment.kind === 'literal' ? { kind: 'literal', text: segment.text.toLowerCase() } : segment
  )
  const { tail } = shape
  if (tail.kind === 'regex') return { ...shape, segments: folded, tail: { ...tail, prefix: tail.prefix.toLowerCase() } }
  const last = folded.at(-1)
  const slash = tail.kind === 'end' && folded.length > 1 && last?.kind === 'literal' && last.text === ''
  return { ...shape, segments: slash ? folded.slice(0, -1) : folded }
}

/** Two paths with the same key match the same requests at the same rank, whatever they call their parameters. */
export function shapeKey(shape: PathShape): string {
  let key = ''
  for (const segment of shape.segments) key += segment.kind === 'literal' ? `/${segment.text}` : '/:'
  switch (shape.tail.kind) {
    case 'end':
      return key
    case 'wildcard':
      return `${key}/*`
    // A space cannot stand in a literal.
    case 'regex':
      return `${key}/ ${shape.tail.prefix}`
  }
}

/** Whether the path names one single string. */
export function isExact(shape: PathShape): boolean {
  return shape.tail.kind === 'end' && shape.segments.every((segment) => segment.kind === 'literal')
}
