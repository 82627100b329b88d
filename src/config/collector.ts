import { arrangeIssues, formatPath, type Issue, type Path } from './issue.ts'
import { locate, type Node, type Position } from './tree.ts'

export interface Finding {
  readonly code: string
  readonly message: string
  /** Left out, like `got`, where the value is a secret. */
  readonly hint?: string | undefined
  /** The wrong value, appended to the message. */
  readonly got?: string | number | boolean | undefined
  readonly severity?: 'error' | 'warning'
  /** `value` (default): at the value. `key`: at its key. */
  readonly focus?: 'value' | 'key'
}

const HIDDEN = '***'

/** Shorter secrets would blot out ordinary words of the messages; what prints values checks for secrets itself. */
const MIN_SCRUBBED = 3

/**
 * Gathers the problems of one document and finds their places. One mistake is reported once: what a later check
 * says of a value that is already known to be wrong is dropped.
 */
export class IssueCollector {
  readonly #file: string
  readonly #root: Node
  readonly #issues: Issue[] = []
  readonly #said = new Set<string>()
  readonly #wrong = new Set<string>()
  readonly #secrets = new Set<string>()
  readonly #hidden = new Set<string>()

  constructor(file: string, root: Node, issues: readonly Issue[] = []) {
    this.#file = file
    this.#root = root
    this.#issues.push(...issues)
  }

  add(path: Path, finding: Finding): void {
    const { code, severity = 'error', focus = 'value' } = finding
    const text = formatPath(path)
    const found = locate(this.#root, path)
    const secret = focus === 'value' && (this.#hidden.has(text) || isFromFile(found.node))
    const message = finding.got === undefined || secret ? finding.message : `${finding.message}, got ${JSON.stringify(finding.got)}`
    const hint = secret ? undefined : finding.hint
    if (focus === 'value' && (this.#wrong.has(text) || isBroken(found.node))) return
    const key = `${code}|${text}|${message}`
    if (this.#said.has(key)) return
    this.#said.add(key)
    if (severity === 'error' && focus === 'value') this.#wrong.add(text)
    const at = focus === 'key' ? found.keyAt : (found.node?.at ?? found.nearestAt)
    this.#push({ severity, path: text, code, message, ...(hint === undefined ? {} : { hint }) }, at)
  }

  /** Whether an error was reported at the path or below it, or a value there could not be interpolated. */
  isWrong(path: Path): boolean {
    const text = formatPath(path)
    const { node } = locate(this.#root, path)
    if (node !== null && containsBroken(node)) return true
    return this.#issues.some(
      ({ severity, path: other }) =>
        severity === 'error' && (text === '' || other === text || other.startsWith(`${text}.`) || other.startsWith(`${text}[`))
    )
  }

  /** Marks a place whose value must not be shown. */
  hide(path: Path): void {
    this.#hidden.add(formatPath(path))
    const { node } = locate(this.#root, path)
    if (node?.kind === 'scalar') this.conceal(String(node.value))
  }

  /** Text that no message may contain. */
  conceal(secret: string): void {
    if (secret.length >= MIN_SCRUBBED) this.#secrets.add(secret)
  }

  /** In the order of the file, secrets blotted out. */
  issues(): readonly Issue[] {
    return arrangeIssues(this.#issues.map((issue) => this.#scrubbed(issue)))
  }

  #push(issue: Omit<Issue, 'file' | 'line' | 'column'>, at: Position): void {
    this.#issues.push({ ...issue, file: this.#file, line: at.line, column: at.column })
  }

  #scrubbed(issue: Issue): Issue {
    const { message, hint } = issue
    return { ...issue, message: this.#scrub(message), ...(hint === undefined ? {} : { hint: this.#scrub(hint) }) }
  }

  #scrub(text: string): string {
    let clean = text
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, HIDDEN)
    return clean
  }
}

function isFromFile(node: Node | null): boolean {
  return node?.kind === 'scalar' && node.origin?.fromFile === true
}

function isBroken(node: Node | null): boolean {
  return node?.kind === 'scalar' && node.origin?.broken === true
}

function containsBroken(node: Node): boolean {
  if (node.kind === 'scalar') return isBroken(node)
  return node.kind === 'list' ? node.items.some(containsBroken) : node.entries.some((entry) => containsBroken(entry.value))
}
