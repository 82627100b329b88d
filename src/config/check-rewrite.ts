import { parsePathPattern } from '../routing/path-pattern.ts'
import { regexOutline } from '../routing/regex.ts'
import { checkRegex } from './check-regex.ts'
import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import { mapOf, textOf } from './reading.ts'
import { trimSlash } from './route-rewrite.ts'

const GROUP_REFERENCE = /\$(?:\$|<([^>]*)>|(\d{1,2}))/g

/** The `rewrite` of one route against the route's own path. */
export function checkRewrite(route: Readonly<Record<string, unknown>>, path: Path, issues: IssueCollector): void {
  const { stripPrefix, replacePrefix, regex } = mapOf(route['rewrite'])
  const at = [...path, 'rewrite']
  const { from, to } = mapOf(replacePrefix)
  checkPrefix(stripPrefix, [...at, 'stripPrefix'], mapOf(route['match']), issues)
  checkPrefix(from, [...at, 'replacePrefix', 'from'], mapOf(route['match']), issues)
  checkPlainPath(to, [...at, 'replacePrefix', 'to'], issues)
  const { match, replace } = mapOf(regex)
  checkRegex(match, [...at, 'regex', 'match'], issues)
  if (typeof match === 'string' && typeof replace === 'string' && !issues.isWrong([...at, 'regex'])) {
    checkReplacement(match, replace, [...at, 'regex', 'replace'], issues)
  }
}

function checkPrefix(value: unknown, path: Path, match: Readonly<Record<string, unknown>>, issues: IssueCollector): void {
  const prefix = textOf(value)
  if (prefix === null || !checkPlainPath(prefix, path, issues)) return
  if (canStartWith(match, trimSlash(prefix))) return
  issues.add(path, { severity: 'warning', code: 'rewrite-never-applies', message: `no path of this route starts with ${prefix}` })
}

/** Prefixes are literal paths. */
function checkPlainPath(value: unknown, path: Path, issues: IssueCollector): boolean {
  const text = textOf(value)
  if (text === null) return false
  const parsed = parsePathPattern(text)
  const plain = parsed.ok && !parsed.pattern.wildcard && parsed.pattern.segments.every(({ kind }) => kind === 'literal')
  if (plain) return true
  issues.add(path, {
    code: 'bad-path',
    message: parsed.ok ? 'a prefix is a plain path, without parameters and `*`' : `${parsed.reason}, at character ${parsed.offset + 1}`
  })
  return false
}

function canStartWith(match: Readonly<Record<string, unknown>>, prefix: string): boolean {
  const [pattern, source] = [textOf(match['path']), textOf(match['pathRegex'])]
  if (pattern === null) return source === null || regexCanStartWith(source, prefix)
  const parsed = parsePathPattern(pattern)
  if (!parsed.ok || prefix === '') return true
  const { segments, wildcard } = parsed.pattern
  return prefix
    .slice(1)
    .split('/')
    .every((part, index) => {
      const segment = segments[index]
      if (segment === undefined) return wildcard
      return segment.kind === 'param' || segment.text === part
    })
}

function regexCanStartWith(source: string, prefix: string): boolean {
  try {
    const { literalPrefix: literal } = regexOutline(source)
    return literal.startsWith(prefix) || prefix.startsWith(literal)
  } catch {
    // Not a valid expression, which is reported where it stands.
    return true
  }
}

function checkReplacement(source: string, replacement: string, path: Path, issues: IssueCollector): void {
  // With an empty alternative it matches anything, and the result lists all groups.
  const found = new RegExp(`${source}|`).exec('')
  const names = Object.keys(found?.groups ?? {})
  const count = (found?.length ?? 1) - 1
  for (const [reference, name, digits] of replacement.matchAll(GROUP_REFERENCE)) {
    const known = name === undefined ? digits === undefined || (Number(digits) > 0 && Number(digits) <= count) : names.includes(name)
    if (!known) issues.add(path, { severity: 'warning', code: 'unknown-group', message: `the expression has no group ${reference}` })
  }
}
