import { isSafeRegex } from '../routing/safe-regex.ts'
import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'

/** Syntax and cost of a regular expression. */
export function checkRegex(source: unknown, path: Path, issues: IssueCollector): void {
  if (typeof source !== 'string' || source === '') return
  const verdict = isSafeRegex(source)
  if (verdict.ok) return
  issues.add(path, { code: isValid(source) ? 'unsafe-regex' : 'bad-regex', message: `this regular expression cannot be used: ${verdict.reason}` })
}

function isValid(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp
  } catch {
    return false
  }
}
