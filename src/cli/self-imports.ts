import { registerHooks } from 'node:module'

/** As in the `exports` of package.json, from the sources as well as from the compiled files. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const SELF: Readonly<Record<string, string>> = {
  'sallyport/plugin': new URL(`../plugin-api/index.${extension}`, import.meta.url).href,
  'sallyport/testing': new URL(`../plugin-api/testing.${extension}`, import.meta.url).href
}

/**
 * Lets a plugin file import `sallyport/plugin` wherever it lies, also beside a configuration that is mounted into a container where
 * nothing is installed; and always the running gateway's own copy.
 */
export function provideSelfImports(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const url = SELF[specifier]
      return url === undefined ? next(specifier, context) : { url, format: extension === 'ts' ? 'module-typescript' : 'module', shortCircuit: true }
    }
  })
}
