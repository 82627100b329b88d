import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PluginDefinition } from '../plugin-api/index.ts'
import { sha256 } from './canonical.ts'
import { compileRead, modulesOf, readDocument, type CompileResult } from './compile-text.ts'
import { moduleKey, type LoadedModule, type ModuleReference } from './plugin-entry.ts'
import { toLoadedModule } from './plugin-modules.ts'
import { resolveModule } from './resolve-module.ts'
import type { ConfigSnapshot, FileRead } from './snapshot.ts'

export interface LoadInput extends ModuleSources {
  readonly file: string
  /** As issues shall name the file. Default: `file`. */
  readonly displayName?: string
  readonly env: Readonly<Record<string, string | undefined>>
}

interface ModuleSources {
  readonly builtins: readonly PluginDefinition[]
  /** Default: Node's `import()`. */
  readonly importModule?: (url: string) => Promise<unknown>
}

export type LoadResult = {
  /** The configuration and every file that its text refers to, readable or not; what to watch. */
  readonly files: readonly string[]
  /** What the document names of others' code and where that is; those that could be imported. */
  readonly modules: readonly ImportedModule[]
  /** Whether it names any, also those that are not there. */
  readonly namesModules: boolean
} & (
  | (Extract<CompileResult, { readonly ok: true }> & {
      /** What it was compiled from. */
      readonly snapshot: ConfigSnapshot
    })
  | Extract<CompileResult, { readonly ok: false }>
)

export interface ImportedModule extends ModuleReference {
  /** For `import()`; another one when the file's content is another. */
  readonly url: string
}

interface Sources {
  readonly file: string
  readonly displayName: string
  readonly text: string
  readonly env: LoadInput['env']
  /** By absolute path. */
  readonly readFile: (path: string) => FileRead
}

/** Reads a configuration from disk. Never rejects for bad input. */
export async function loadConfig(input: LoadInput): Promise<LoadResult> {
  const { displayName = input.file, env } = input
  const file = resolve(input.file)
  const document = readText(file)
  if (!document.ok) {
    const message = `cannot read the configuration: ${document.reason}`
    const issue = { severity: 'error', file: displayName, line: 1, column: 1, path: '', code: 'unreadable-file', message } as const
    return { ok: false, issues: [issue], files: [file], modules: [], namesModules: false }
  }
  const reads: Record<string, FileRead> = {}
  // Each is read once, also where several modules and the compiler ask for it.
  const readFile = (path: string): FileRead => (reads[path] ??= readText(path))
  const { text } = document
  const compiled = await compileSources({ file, displayName, text, env, readFile }, input)
  return compiled.ok ? { ...compiled, snapshot: { file, displayName, text, env: definedOf(env), reads } } : compiled
}

/** Compiles what `loadConfig` has read, without a look at the disk but for the code of plugins. */
export async function loadSnapshot(snapshot: ConfigSnapshot, modules: ModuleSources): Promise<CompileResult> {
  const { reads } = snapshot
  return compileSources({ ...snapshot, readFile: (path) => reads[path] ?? { ok: false, reason: 'it was not read' } }, modules)
}

async function compileSources(
  { file, displayName, text, env, readFile }: Sources,
  { builtins, importModule = importUrl }: ModuleSources
): Promise<CompileResult & Pick<LoadResult, 'files' | 'modules' | 'namesModules'>> {
  const folder = dirname(file)
  const files = new Set([file])
  const resolvePath = (path: string): string => resolve(folder, path)
  const readNamed = (path: string): string => {
    const absolute = resolvePath(path)
    files.add(absolute)
    const read = readFile(absolute)
    if (read.ok) return read.text
    throw new Error(read.reason)
  }
  const input = { file: displayName, env, readFile: readNamed, resolvePath, builtins, text }
  const document = readDocument(input)
  const modules = new Map<string, LoadedModule>()
  const imported: ImportedModule[] = []
  const references = modulesOf(input, document)
  for (const reference of references) {
    if (reference.specifier.startsWith('.')) files.add(resolvePath(reference.specifier))
    const { url, module } = await loadModule(reference, file, importModule)
    modules.set(moduleKey(reference), module)
    if (url !== null) imported.push({ ...reference, url })
  }
  return { ...compileRead({ ...input, modules }, document), files: [...files], modules: imported, namesModules: references.length > 0 }
}

function readText(path: string): FileRead {
  try {
    return { ok: true, text: readFileSync(path, 'utf8') }
  } catch (error) {
    return { ok: false, reason: reasonOf(error) }
  }
}

function definedOf(env: LoadInput['env']): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

interface FoundModule {
  readonly module: LoadedModule
  /** Null when it could not be imported. */
  readonly url: string | null
}

async function loadModule(reference: ModuleReference, file: string, importModule: (url: string) => Promise<unknown>): Promise<FoundModule> {
  try {
    const url = resolveModule(reference.specifier, file)
    const digest = digestOf(url)
    // Node keeps modules by url; a changed file must be another one for a reload to see it.
    const fresh = reference.specifier.startsWith('.') && digest !== null ? `${url}?${digest.slice(0, 16)}` : url
    return { module: toLoadedModule(reference, await importModule(fresh), `${url} ${digest ?? ''}`), url: fresh }
  } catch (error) {
    return { module: { kind: 'failed', reason: reasonOf(error) }, url: null }
  }
}

function digestOf(url: string): string | null {
  return url.startsWith('file:') ? sha256(readFileSync(fileURLToPath(url), 'utf8')) : null
}

/** Node's `import()`. */
export async function importUrl(url: string): Promise<unknown> {
  return (await import(url)) as unknown
}

/** The first line: stacks and resolution traces are of no use to an operator. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n', 1)[0] ?? message
}
