import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { brief, builtins, VALID, withTop } from './fixtures.ts'

t.test('a file with what it refers to', async (t) => {
  const dir = t.testdir({ 'gateway.yaml': withTop('admin: { address: "${file:secrets/address}" }'), secrets: { address: '127.0.0.1:7\n' } })
  const result = await loadConfig({ file: join(dir, 'gateway.yaml'), env: {}, builtins })
  t.equal(result.ok && result.plan.admin?.port, 7)
  t.strictSame(result.files, [join(dir, 'gateway.yaml'), join(dir, 'secrets/address')])
})

t.test('a file that is not there', async (t) => {
  const result = await loadConfig({ file: join(t.testdir({}), 'nope.yaml'), displayName: 'nope.yaml', env: {}, builtins })
  t.equal(result.ok, false)
  t.match(result.issues, [{ file: 'nope.yaml', line: 1, column: 1, code: 'unreadable-file' }])
})

t.test('plugins from a file, from a package beside the configuration and from the gateway itself', async (t) => {
  const plugin = `export default { name: 'mine', phase: 'limit', scopes: ['route', 'global'], schema: { type: 'object', properties: { n: { type: 'integer', default: 3 } }, additionalProperties: false }, register () {} }\n`
  const dir = t.testdir({
    'mine.ts': plugin,
    node_modules: {
      'only-import': { 'package.json': '{"name":"only-import","exports":{"import":"./i.mjs"}}', 'i.mjs': 'export default async () => {}' }
    },
    'gateway.yaml': withTop(
      'plugins:\n  mine: { use: ./mine.ts, config: { n: 4 } }\n  pack: { fastify: only-import }\n  own: { fastify: "@fastify/cors", phase: observe }'
    )
  })
  const result = await loadConfig({ file: join(dir, 'gateway.yaml'), env: {}, builtins })
  t.strictSame(brief(result.issues), [])
  t.strictSame(result.ok && result.plan.unmatched.plugins.map(({ alias, config, definition }) => [alias, definition.phase, config]), [
    ['pack', 'edge', {}],
    ['mine', 'limit', { n: 4 }],
    ['own', 'observe', {}]
  ])
})

t.test('plugins that cannot be used are reported where they stand', async (t) => {
  const dir = t.testdir({
    'throws.mjs': 'throw new Error("boom")',
    'none.mjs': 'export const x = 1',
    'function.mjs': 'export default () => {}',
    'phase.mjs': 'export default { name: "x", phase: "late", scopes: [], schema: {}, register () {} }',
    'gateway.yaml': withTop(
      'plugins:\n  a: { use: ./nope.ts }\n  b: { use: ./throws.mjs }\n  c: { use: ./none.mjs }\n  d: { use: ./function.mjs }\n  e: { use: no-such-package }\n  f: { use: ./phase.mjs }\n  g: { fastify: ./none.mjs }\n  h: { use: jwtt }'
    )
  })
  const result = await loadConfig({ file: join(dir, 'gateway.yaml'), env: {}, builtins })
  t.strictSame(
    brief(result.issues),
    ['a', 'b', 'c', 'd', 'e', 'f']
      .map((key, i) => `${i + 3}:13 plugin-load plugins.${key}.use`)
      .concat('9:17 plugin-load plugins.g.fastify', '10:13 plugin-load plugins.h.use')
  )
  t.match(result.issues[1]?.message, 'boom')
  t.match(result.issues[3]?.hint, '`fastify`')
  t.match(result.issues[7]?.hint, 'did you mean "jwt"?')
})

t.test('a plugin file that changed is another plan', async (t) => {
  const dir = t.testdir({ 'gateway.yaml': withTop('plugins: { a: { use: ./p.mjs } }') })
  const write = (phase: string): void =>
    writeFileSync(
      join(dir, 'p.mjs'),
      `export default { name: 'p', phase: '${phase}', scopes: ['global'], schema: { type: 'object' }, register () {} }`
    )
  const load = () => loadConfig({ file: join(dir, 'gateway.yaml'), env: {}, builtins })
  write('edge')
  const first = await load()
  write('limit')
  const second = await load()
  t.ok(first.ok && second.ok && first.plan.hash !== second.plan.hash)
  t.equal(second.ok && second.plan.unmatched.plugins[0]?.definition.phase, 'limit')
})

t.test('a valid file loads without issues', async (t) => {
  const dir = t.testdir({ 'gateway.yaml': VALID })
  t.strictSame((await loadConfig({ file: join(dir, 'gateway.yaml'), env: {}, builtins })).issues, [])
})
