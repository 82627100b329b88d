import t from 'tap'
import { builtinPlugins } from '../../plugins/index.ts'
import { PHASES } from '../../src/plugin-api/index.ts'
import { sourceFiles } from './source-files.ts'

/** What a request meets, in this order. A change here changes what operators rely on: say so in the change log. */
const order: readonly (readonly [phase: string, plugin: string])[] = [
  ['edge', 'request-id'],
  ['edge', 'cors'],
  ['edge', 'ip-filter'],
  ['authenticate', 'mtls'],
  ['authenticate', 'key-auth'],
  ['authenticate', 'basic-auth'],
  ['authenticate', 'hmac-auth'],
  ['authenticate', 'jwt'],
  ['authenticate', 'introspection'],
  ['authenticate', 'forward-auth'],
  ['authorize', 'authorize'],
  ['limit', 'request-size'],
  ['limit', 'rate-limit'],
  ['transform', 'headers'],
  ['respond', 'security-headers']
]

t.test('the built-in plugins run in this order', (t) => {
  const sorted = builtinPlugins.toSorted((a, b) => PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase))
  t.strictSame(
    sorted.map(({ phase, name }) => [phase, name]),
    order
  )
  t.end()
})

t.test('the list of built-ins is written in the order in which they run', (t) => {
  t.strictSame(
    builtinPlugins.map(({ name }) => name),
    order.map(([, name]) => name)
  )
  t.end()
})

t.test('every folder of plugins/ is a built-in of that name, with a README', (t) => {
  const folders = sourceFiles('plugins/*/index.ts').map(({ path }) => path.split('/')[1])
  t.strictSame(builtinPlugins.map(({ name }) => name).toSorted(), folders)
  t.strictSame(
    sourceFiles('plugins/*/README.md').map(({ path }) => path.split('/')[1]),
    folders,
    'READMEs'
  )
  t.end()
})
