import { readFileSync } from 'node:fs'

/** The version in package.json, found from the sources as well as from the compiled files one folder deeper. */
export function version(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const found: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
      if (typeof found === 'object' && found !== null && 'version' in found) return String(found.version)
    } catch {
      // Not here: try one folder up.
    }
  }
  return 'unknown'
}
