import t from 'tap'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtinPlugins } from '../../plugins/index.ts'
import { ConfigCompiler } from '../../src/cli/config-compiler.ts'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { document } from '../support/gateway.ts'
import { temporaryFolder } from '../support/gateway-process.ts'

/** Its settings are in another file, whose change gives the plugin no other url. */
const PLUGIN = `import { key } from './key.mjs'
export default {
  name: 'stamp', phase: 'transform', scopes: ['global'],
  schema: { type: 'object', properties: { [key]: { type: 'string' } }, additionalProperties: false },
  register () {}
}`

t.test('a change of a plugin, and of what it imports, is seen by the next reload', async (t) => {
  const folder = temporaryFolder(t, { 'stamp.mjs': PLUGIN, 'key.mjs': "export const key = 'first'" })
  const file = join(folder, 'gateway.yaml')
  const write = (plugins: string) =>
    writeFileSync(
      file,
      document(`upstreams: { u: { endpoints: ["http://u.test"] } }\nroutes: [{ name: r, match: { path: /* }, upstream: u }]${plugins}`)
    )
  const closing = new AbortController()
  t.teardown(() => closing.abort())
  let threads = 0
  const count = () => threads++
  process.on('worker', count)
  t.teardown(() => process.off('worker', count))
  const compiler = new ConfigCompiler({ builtins: builtinPlugins, clock: new FakeClock(), signal: closing.signal })
  const problems = async () => (await compiler.load({ file, displayName: 'gateway.yaml', env: {} })).issues.map(({ message }) => message)

  write('')
  t.same(await problems(), [])
  write('\nplugins: { mark: { use: ./stamp.mjs, config: { first: a } } }')
  t.same(await problems(), [])
  t.equal(threads, 1)

  writeFileSync(join(folder, 'key.mjs'), "export const key = 'second'")
  t.match(await problems(), [/"first"/])
  t.equal(threads, 2)
})
