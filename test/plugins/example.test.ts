import { fileURLToPath } from 'node:url'
import t from 'tap'
import { builtinPlugins } from '../../plugins/index.ts'
import { loadConfig } from '../../src/config/load.ts'
// The example's own tests are tests of this suite too.
import '../../docs/examples/api-version/api-version.test.ts'

t.test('the example of the plugin guide loads as an operator would load it', async (t) => {
  const file = fileURLToPath(new URL('../../docs/examples/api-version/gateway.yaml', import.meta.url))
  const loaded = await loadConfig({ file, env: {}, builtins: builtinPlugins })
  t.same(loaded.issues, [])
  if (!loaded.ok) return
  const [plugin] = loaded.plan.routes[0]?.plugins ?? []
  t.equal(plugin?.definition.name, 'api-version')
  t.same(plugin?.config, { header: 'api-version', supported: [1, 2, 3], deprecated: [1] })
})
