import { LineCounter, parseAllDocuments, type Document, type YAMLError } from 'yaml'
import type { Issue } from './issue.ts'
import { readTree } from './parse-tree.ts'
import { readQuickly } from './quick-yaml.ts'
import type { Node, Position } from './tree.ts'

export interface Parsed {
  /** What could be read; null when there is nothing to check. */
  readonly root: Node | null
  readonly issues: readonly Issue[]
  /** First line whose structure is in doubt: nothing from there on can be trusted. Null when the syntax is sound. */
  readonly brokenFrom: number | null
}

/** Errors that leave the structure of the document intact. */
const HARMLESS: ReadonlySet<string> = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED'])

/** Reads YAML 1.2 into a tree with positions. Never throws; all syntax errors are reported at once. */
export function parseYaml(file: string, text: string): Parsed {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text
  const root = readQuickly(source)
  return root === null ? parseThoroughly(file, source) : { root, issues: [], brokenFrom: null }
}

/** The same for any text, by a parser that knows all of YAML and says what is wrong. */
export function parseThoroughly(file: string, source: string): Parsed {
  const lines = new LineCounter()
  const issues: Issue[] = []
  const report = (at: Position, code: string, message: string, hint?: string): void => {
    issues.push({ severity: 'error', file, ...at, path: '', code, message, ...(hint === undefined ? {} : { hint }) })
  }
  const documents = readDocuments(source, lines)
  if (documents === null) {
    report({ line: 1, column: 1 }, 'syntax', 'the document is nested too deeply to be read')
    return { root: null, issues, brokenFrom: 1 }
  }
  const [document, second] = documents
  const positionOf = (offset: number): Position => position(lines, offset)
  let brokenFrom: number | null = null
  const reportedLines = new Set<number>()
  for (const problem of documents.flatMap((each) => [...each.errors, ...each.warnings])) {
    const at = positionOf(problem.pos[0])
    if (!HARMLESS.has(problem.code)) brokenFrom = Math.min(brokenFrom ?? at.line, at.line)
    // One slip often makes the parser stumble several times on the same line, and then over all that follows.
    const isEcho =
      !HARMLESS.has(problem.code) && (reportedLines.has(at.line) || (reportedLines.size > 0 && problem.message.includes('in YAML stream')))
    if (isEcho) continue
    if (!HARMLESS.has(problem.code)) reportedLines.add(at.line)
    report(at, codeOf(problem), messageOf(problem), hintOf(problem, source, at.line))
  }
  if (second !== undefined) {
    const at = positionOf(second.range[0])
    report(at, 'multiple-documents', 'a configuration is one YAML document', 'remove everything from this `---` on')
  }
  if (document === undefined || isEmpty(document)) {
    if (issues.length === 0) report({ line: 1, column: 1 }, 'empty-file', 'the file is empty', 'start with `version: 1`')
    return { root: null, issues, brokenFrom }
  }
  return { root: readTree(document, source, positionOf, report), issues, brokenFrom }
}

function readDocuments(source: string, lines: LineCounter): Document.Parsed[] | null {
  try {
    return [...parseAllDocuments(source, { lineCounter: lines, merge: true, prettyErrors: false, version: '1.2', schema: 'core' })]
  } catch (error) {
    // The parser recurses, so thousands of brackets exhaust the stack.
    if (error instanceof RangeError) return null
    throw error
  }
}

function isEmpty(document: Document.Parsed): boolean {
  const { contents } = document
  return contents === null || ('source' in contents && contents.source === '')
}

function position(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  // An empty text has no line starts, for which the counter says 0:0 or -1.
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

function codeOf(problem: YAMLError): string {
  if (problem.code === 'DUPLICATE_KEY') return 'duplicate-key'
  return problem.code === 'TAG_RESOLVE_FAILED' ? 'unknown-tag' : 'syntax'
}

function messageOf(problem: YAMLError): string {
  if (problem.code === 'DUPLICATE_KEY') return 'this key is already in the map'
  return problem.message.charAt(0).toLowerCase() + problem.message.slice(1)
}

function hintOf(problem: YAMLError, source: string, line: number): string | undefined {
  if (problem.code === 'TAB_AS_INDENT') return 'indent with spaces'
  if (HARMLESS.has(problem.code)) return undefined
  const text = source.split('\n', line)[line - 1] ?? ''
  return text.includes('${') ? 'quote values with ${…} inside { } or [ ]' : undefined
}
