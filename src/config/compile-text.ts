import type { PluginDefinition } from '../plugin-api/index.ts'
import { compile } from './compile.ts'
import { interpolate, type Interpolated } from './interpolate.ts'
import { arrangeIssues, type Issue } from './issue.ts'
import { parseYaml, type Parsed } from './parse.ts'
import type { Plan } from './plan.ts'
import { moduleKey, referenceOf, type ModuleReference, type Modules } from './plugin-entry.ts'
import { listOf, mapOf } from './reading.ts'
import { toData } from './tree.ts'
import { validate } from './validate.ts'

export interface TextInput {
  /** As issues shall name it. */
  readonly file: string
  readonly text: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The text of a file; the path is absolute or relative to the configuration file. Throws when it cannot be read. */
  readonly readFile: (path: string) => string
  /** The absolute form of a path that is relative to the configuration file. Default: as it is. */
  readonly resolvePath?: (path: string) => string
  readonly builtins: readonly PluginDefinition[]
  /** What `modulesOf` named, loaded. Default: none. */
  readonly modules?: Modules
}

export type CompileResult =
  /** `issues` are warnings. */
  { readonly ok: true; readonly plan: Plan; readonly issues: readonly Issue[] } | { readonly ok: false; readonly issues: readonly Issue[] }

/** Says of a broken structure what is only true of a whole one. */
const NEEDS_WHOLE_DOCUMENT: ReadonlySet<string> = new Set([
  'missing-key',
  'dangling-reference',
  'unused-upstream',
  'no-routes',
  'exactly-one',
  'nothing-to-turn-off',
  'out-of-order',
  'without-effect',
  'wrong-type'
])

/** A document that has been read, but not checked yet. */
export interface DocumentRead {
  readonly parsed: Parsed
  /** Null when there is nothing to check. */
  readonly filled: Interpolated | null
}

/** Text → plan, synchronous and pure. All problems are reported together; bad input never throws. */
export function compileText(input: TextInput): CompileResult {
  return compileRead(input, readDocument(input))
}

/** The half of `compileText` that is left when the text has been read. */
export function compileRead(input: TextInput, { parsed, filled }: DocumentRead): CompileResult {
  const { file, readFile, builtins, modules = new Map(), resolvePath = (path) => path } = input
  if (filled === null) return { ok: false, issues: arrangeIssues(parsed.issues) }
  const validated = validate({
    file,
    readFile,
    modules,
    root: filled.root,
    secrets: filled.secrets,
    issues: [...parsed.issues, ...filled.issues],
    builtins: byName(builtins)
  })
  if (validated.config === null) return { ok: false, issues: trustworthy(validated.issues, parsed) }
  return { ok: true, plan: compile(validated.config, resolvePath), issues: validated.issues }
}

/** The modules that a document names and that have to be loaded for `compileText`. */
export function modulesOf({ builtins: definitions }: Pick<TextInput, 'builtins'>, { filled }: DocumentRead): readonly ModuleReference[] {
  if (filled === null) return []
  const document = mapOf(toData(filled.root))
  const holders = [document, ...Object.values(mapOf(document['upstreams'])), ...listOf(document['routes'])]
  const builtins = byName(definitions)
  const found = new Map<string, ModuleReference>()
  for (const holder of holders) {
    for (const [alias, value] of Object.entries(mapOf(mapOf(holder)['plugins']))) {
      const reference = referenceOf(alias, value, builtins)
      if (reference !== null) found.set(moduleKey(reference), reference)
    }
  }
  return [...found.values()]
}

/** Parses and interpolates. */
export function readDocument({ file, text, env, readFile }: TextInput): DocumentRead {
  const parsed = parseYaml(file, text)
  return { parsed, filled: parsed.root === null ? null : interpolate(file, parsed.root, { env, readFile }) }
}

function byName(definitions: readonly PluginDefinition[]): ReadonlyMap<string, PluginDefinition> {
  return new Map(definitions.map((definition) => [definition.name, definition]))
}

/** After a syntax error only what stands before it, and does not depend on what follows, is worth telling. */
function trustworthy(issues: readonly Issue[], { brokenFrom, issues: syntax }: Parsed): readonly Issue[] {
  if (brokenFrom === null) return issues
  const own = new Set(syntax.map(({ line, column, code }) => `${line}:${column} ${code}`))
  return issues.filter(({ line, column, code }) => own.has(`${line}:${column} ${code}`) || (line < brokenFrom && !NEEDS_WHOLE_DOCUMENT.has(code)))
}
