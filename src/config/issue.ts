/** One thing that is wrong, or doubtful, in a configuration file. */
export interface Issue {
  readonly severity: 'error' | 'warning'
  readonly file: string
  /** 1-based, as editors count. */
  readonly line: number
  /** 1-based, in UTF-16 code units. */
  readonly column: number
  /** Where in the document: `routes[2].plugins.jwt.secret`; empty for the document itself. */
  readonly path: string
  /** Stable kebab-case identifier such as `unknown-key`. */
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** Keys and indexes from the document down to a value. */
export type Path = readonly (string | number)[]

/** More problems than this in one file are of no use to a reader. */
const MAX_ISSUES = 100

const PLAIN_KEY = /^[\w-]+$/

/** `routes[2].plugins.jwt`; a key that would be ambiguous is quoted: `headers["a.b"]`. */
export function formatPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (!PLAIN_KEY.test(part)) text += `[${JSON.stringify(part)}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}

/** `gateway.yaml:12:5: error: routes[2].match: what is wrong (what to do)` */
export function formatIssue(issue: Issue): string {
  const where = `${issue.file}:${issue.line}:${issue.column}: ${issue.severity}: `
  const path = issue.path === '' ? '' : `${issue.path}: `
  const hint = issue.hint === undefined ? '' : ` (${issue.hint})`
  return `${where}${path}${issue.message}${hint}`
}

/** One line per issue. */
export function formatIssues(issues: readonly Issue[]): string {
  return issues.map(formatIssue).join('\n')
}

/** A JSON array for machines; the keys of `Issue` in a fixed order. */
export function issuesToJson(issues: readonly Issue[]): string {
  return JSON.stringify(
    issues.map(({ severity, file, line, column, path, code, message, hint }) => ({
      severity,
      file,
      line,
      column,
      path,
      code,
      message,
      ...(hint === undefined ? {} : { hint })
    })),
    null,
    2
  )
}

export function hasErrors(issues: readonly Issue[]): boolean {
  return issues.some((issue) => issue.severity === 'error')
}

/** In the order of the file; past a hundred only their number is told, errors going before warnings. */
export function arrangeIssues(issues: readonly Issue[]): readonly Issue[] {
  if (issues.length <= MAX_ISSUES) return [...issues].sort(byPosition)
  const [errors, warnings] = [issues.filter(isError).sort(byPosition), issues.filter((issue) => !isError(issue)).sort(byPosition)]
  const kept = [...errors, ...warnings].slice(0, MAX_ISSUES).sort(byPosition)
  const last = kept.at(-1) as Issue
  const { file, line, column } = last
  const message = `and ${issues.length - MAX_ISSUES} more problems`
  return [...kept, { severity: errors.length > 0 ? 'error' : 'warning', file, line, column, path: '', code: 'too-many-problems', message }]
}

function isError(issue: Issue): boolean {
  return issue.severity === 'error'
}

function byPosition(a: Issue, b: Issue): number {
  return a.line - b.line || a.column - b.column || (a.path < b.path ? -1 : Number(a.path > b.path))
}
