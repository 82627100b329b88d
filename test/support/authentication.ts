import type { Authentication, PluginDefinition } from '../../src/plugin-api/index.ts'

/** The plugin with a port of the test's own in place of the one that lets in and refuses. */
export function withAuthentication(plugin: PluginDefinition, own: Partial<Authentication>): PluginDefinition {
  return {
    ...plugin,
    register: (app, config, deps) => plugin.register(app, config, { ...deps, authentication: { ...deps.authentication, ...own } })
  }
}

/** A port that writes down refusals and lets the next plugin try. */
export function recordingRefusals(): { readonly refusals: string[]; readonly port: Partial<Authentication> } {
  const refusals: string[] = []
  return {
    refusals,
    port: {
      refuse(_request, reason, error) {
        refusals.push([reason, error.code, error.headers?.['www-authenticate'] ?? ''].join(' ').trim())
        return null
      }
    }
  }
}
