import { readFileSync } from 'node:fs'
import { createRequire, findPackageJSON } from 'node:module'
import { dirname, isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Where the module is: a `file:` url. @throws Error when there is no such module. */
export function resolveModule(specifier: string, configFile: string): string {
  if (specifier.startsWith('.') || isAbsolute(specifier)) return pathToFileURL(resolve(dirname(configFile), specifier)).href
  if (specifier.startsWith('file:')) return specifier
  const found = resolvePackage(specifier, configFile)
  if (found !== null) return found
  // The gateway's own dependencies, such as the Fastify plugins that it ships with.
  return import.meta.resolve(specifier)
}

/** Looks from the configuration file's folder upwards. */
function resolvePackage(specifier: string, configFile: string): string | null {
  try {
    const path = createRequire(configFile).resolve(specifier)
    return isAbsolute(path) ? pathToFileURL(path).href : null
  } catch {
    return resolveImportOnly(specifier, configFile)
  }
}

/** Packages that can only be imported have no entry for `require.resolve`; Node offers no other way to resolve from a folder. */
function resolveImportOnly(specifier: string, configFile: string): string | null {
  try {
    const manifest = findPackageJSON(specifier, pathToFileURL(configFile))
    if (manifest === undefined) return null
    const { exports, name } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly exports?: unknown; readonly name?: string }
    if (name !== specifier) return null
    const target = importTarget(exports)
    return target === null ? null : pathToFileURL(resolve(dirname(manifest), target)).href
  } catch {
    return null
  }
}

function importTarget(exports: unknown): string | null {
  if (typeof exports === 'string') return exports
  if (typeof exports !== 'object' || exports === null) return null
  for (const [key, value] of Object.entries(exports)) {
    if (!['.', 'node', 'import', 'default'].includes(key)) continue
    const target = importTarget(value)
    if (target !== null) return target
  }
  return null
}
