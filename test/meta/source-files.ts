import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')

export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string
  readonly text: string
}

/** Reads the files of the repository that one of the patterns matches, sorted by path; dependencies are never among them. */
export function sourceFiles(...patterns: readonly string[]): readonly SourceFile[] {
  const found = globSync(patterns, { cwd: root, exclude: ['**/node_modules/**', 'dist/**'] })
  return found
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
    .map((path) => ({ path, text: readRepositoryFile(path) }))
}

export function readRepositoryFile(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

export function isInRepository(path: string): boolean {
  return existsSync(join(root, path))
}

/** The line number of an offset, from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
