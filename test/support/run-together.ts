import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The test files of one pattern, relative to the file that runs them; sorted. */
export function filesTogether(of: string, pattern: string): readonly string[] {
  const folder = dirname(fileURLToPath(of))
  return globSync(pattern, { cwd: folder })
    .map((path) => join(folder, path))
    .toSorted()
}

/**
 * Runs many small test files in one process. Starting Node and loading what they share takes longer than most of them do; each still can be
 * run by itself. For files that leave no trace in their process: no signals, no environment, no counting of what else is open.
 */
export async function runTogether(of: string, pattern: string): Promise<void> {
  const files = filesTogether(of, pattern)
  if (files.length === 0) throw new Error(`no test file fits ${pattern}`)
  for (const file of files) await import(file)
}
