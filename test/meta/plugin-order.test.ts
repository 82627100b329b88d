import t from 'tap'
import { builtinPlugins } from '../../plugins/index.ts'
import { compareOrder } from '../../src/config/chain.ts'
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
  ['limit', 'concurrency'],
  ['limit', 'quota'],
  ['transform', 'headers'],
  ['respond', 'security-headers']
]

t.test('the built-in plugins run in this order', (t) => {
  const sorted = builtinPlugins.toSorted(compareOrder)
  t.strictSame(
    sorted.map(({ phase, name }) => [phase, name]),
    order
  )
  t.end()
})

t.test('requests at once come behind the other limits and quotas behind those, wherever they stand', (t) => {
  const limits = builtinPlugins.filter(({ phase }) => phase === 'limit')
  const sorted = limits.toReversed().toSorted(compareOrder)
  t.strictSame(
    sorted.map(({ name }) => name),
    ['rate-limit', 'request-size', 'concurrency', 'quota']
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
