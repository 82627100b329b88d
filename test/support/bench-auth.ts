import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { Authentication, PluginDefinition } from '../../src/plugin-api/index.ts'
import { testPlugin, type PluginBench, type TestPluginOptions } from '../../src/plugin-api/testing.ts'

/** A bench that is closed with its test. */
export async function benchAuth(
  t: Pick<Test, 'teardown'>,
  plugin: PluginDefinition,
  config: object = {},
  options: TestPluginOptions = {}
): Promise<PluginBench> {
  const bench = await testPlugin(plugin, config, options)
  t.teardown(bench.close)
  return bench
}

/** The plugin with another `authentication` than the bench's own. */
export function withAuthentication(plugin: PluginDefinition, changes: Partial<Authentication>): PluginDefinition {
  return {
    ...plugin,
    register: (app, config, deps) => plugin.register(app, config, { ...deps, authentication: { ...deps.authentication, ...changes } })
  }
}

/** A credential that no test has ever had before. */
export const freshSecret = (): string => randomBytes(24).toString('base64url')

/** How often the plugin counted that reason. */
export function failures({ counters }: PluginBench, plugin: string, reason: string): number | undefined {
  return counters.get(`auth_failures_total{plugin="${plugin}",reason="${reason}"}`)
}
