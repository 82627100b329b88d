import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PluginDefinition } from '../plugin-api/index.ts'
import { sha256 } from './canonical.ts'
import { compileRead, modulesOf, readDocument, type CompileResult } from './compile-text.ts'
import { moduleKey, type LoadedModule, type ModuleReference } from './plugin-entry.ts'
import { toLoadedModule } from './plugin-modules.ts'
import { resolveModule } from './resolve-module.ts'

export interface LoadInput {
  readonly file: string
  /** As issues shall name the file. Default: `file`. */
  readonly displayName?: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly builtins: readonly PluginDefinition[]
  /** Default: Node's `import()`. */
  readonly importModule?: (url: string) => Promise<unknown>
}

export type LoadResult = CompileResult & {
  /** The configuration and every file that its text refers to, readable or not; what to watch. */
  readonly files: readonly string[]
  /** What the document names of others' code and where that is; those that could be imported. */
  readonly modules: readonly ImportedModule[]
}

export interface ImportedModule extends ModuleReference {
  /** For `import()`; another one when the file's content is another. */
  readonly url: string
}

/** Reads a configuration from disk. Never rejects for bad input. */
export async function loadConfig(input: LoadInput): Promise<LoadResult> {
  const { file, displayName = file, env, builtins, importModule = importUrl } = input
  const folder = dirname(file)
  const files = new Set([resolve(file)])
  const readFile = (path: string): string => {
    const absolute = isAbsolute(path) ? path : join(folder, path)
    files.add(resolve(absolute))
    return readFileSync(absolute, 'utf8')
  }
  const read = readText(file)
  if (!read.ok) {
    const issue = { severity: 'error', file: displayName, line: 1, column: 1, path: '', code: 'unreadable-file', message: read.reason } as const
    return { ok: false, issues: [issue], files: [...files], modules: [] }
  }
  const resolvePath = (path: string): string => resolve(folder, path)
  const text = { file: displayName, env, readFile, resolvePath, builtins, text: read.text }
  const document = readDocument(text)
  const modules = new Map<string, LoadedModule>()
  const imported: ImportedModule[] = []
  for (const reference of modulesOf(text, document)) {
    if (reference.specifier.startsWith('.')) files.add(resolve(folder, reference.specifier))
    const { url, module } = await loadModule(reference, resolve(file), importModule)
    modules.set(moduleKey(reference), module)
    if (url !== null) imported.push({ ...reference, url })
  }
  return { ...compileRead({ ...text, modules }, document), files: [...files], modules: imported }
}

function readText(file: string): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string } {
  try {
    return { ok: true, text: readFileSync(file, 'utf8') }
  } catch (error) {
    return { ok: false, reason: `cannot read the configuration: ${reasonOf(error)}` }
  }
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
