import { builtinPlugins } from '../../plugins/index.ts'
import { compileText } from '../../src/config/compile-text.ts'
import { formatIssues } from '../../src/config/issue.ts'
import type { Plan } from '../../src/config/plan.ts'
import { definePlugin, Type, type PluginDefinition } from '../../src/plugin-api/index.ts'
import { document } from './gateway.ts'

/** Compiles a test's document with plugins of the test besides the built-in ones. @throws Error with every problem */
export function planWith(text: string, plugins: readonly PluginDefinition[]): Plan {
  const readFile = () => {
    throw new Error('no files in this test')
  }
  const compiled = compileText({ file: 'gateway.yaml', text: document(text), env: {}, readFile, builtins: [...builtinPlugins, ...plugins] })
  if (!compiled.ok) throw new Error(formatIssues(compiled.issues))
  return compiled.plan
}

/** A plugin without settings of which a test says only what it does. */
export function pluginThat(name: string, register: PluginDefinition['register'], phase: PluginDefinition['phase'] = 'edge'): PluginDefinition {
  return definePlugin({ name, phase, scopes: ['global', 'route'], schema: Type.Object({}, { additionalProperties: true }), register })
}
