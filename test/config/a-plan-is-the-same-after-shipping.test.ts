import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { packPlan, PlanUnpacker } from '../../src/config/ship-plan.ts'
import type { Plan } from '../../src/config/plan.ts'
import fc from '../support/property.ts'
import { builtins, planOf } from './fixtures.ts'

/** As another thread gets it: through the structured clone algorithm, which refuses functions. */
function ship(plan: Plan, valuesPerPiece?: number): { readonly shipped: Plan; readonly sizes: readonly number[] } {
  const byName = new Map(builtins.map((definition) => [definition.name, definition]))
  const unpacker = new PlanUnpacker((_alias, source) => {
    const found = source.form === 'builtin' ? byName.get(source.name) : undefined
    if (found === undefined) throw new Error('only built-in plugins in this test')
    return found
  })
  const sizes: number[] = []
  for (const piece of packPlan(plan, valuesPerPiece)) {
    sizes.push(JSON.stringify(piece).length)
    unpacker.add(structuredClone(piece))
  }
  return { shipped: unpacker.finish(), sizes }
}

const plugins = fc.subarray([
  'jwt: { secret: abc }',
  'jwt: false',
  'limit: { limit: 3, by: { header: x-a } }',
  'edge-a: {}',
  'mine: { use: edge-b }',
  'stacking: { on: false }'
])
const chosen = plugins.map((some) => `plugins: { ${[...new Map(some.map((one) => [one.split(':')[0], one])).values()].join(', ')} }`)
const upstream = fc.record({
  plugins: chosen,
  more: fc.constantFrom('', 'retry: { on: [502, 503] },', 'retry: false,', 'fallback: { on: [open], status: 503 },')
})
const document = fc
  .record({
    global: chosen,
    upstreams: fc.array(upstream, { minLength: 1, maxLength: 6 }),
    routes: fc.array(fc.record({ plugins: chosen, method: fc.constantFrom('GET', 'POST', 'PUT') }), { maxLength: 12 }),
    consumers: fc.nat(4)
  })
  .map(
    ({ global, upstreams, routes, consumers }) => `version: 1
${global}
consumers: [${Array.from({ length: consumers }, (_, i) => `{ name: c${i}, apiKeys: [key-${i}] }`).join(', ')}]
upstreams:
${upstreams.map(({ more, plugins: own }, i) => `  u${i}: { endpoints: ["http://u${i}"], ${more} ${own} }`).join('\n')}
routes:${routes.length === 0 ? ' []' : ''}
${routes.map(({ plugins: own, method }, i) => `  - { name: r${i}, match: { path: /r${i}, methods: [${method}] }, upstream: u${i % upstreams.length}, ${own} }`).join('\n')}
`
  )

t.test('any plan is the same after it was sent in pieces of any size', (t) => {
  let plans = 0
  fc.assert(
    fc.property(document, fc.integer({ min: 1, max: 400 }), (text, valuesPerPiece) => {
      const plan = planOf(text)
      const { shipped } = ship(plan, valuesPerPiece)
      plans++
      // Of the document, which operators read, the order counts too.
      const isSameText = JSON.stringify(shipped.redacted) === JSON.stringify(plan.redacted)
      return isDeepStrictEqual(shipped, plan) && shipped.hash === plan.hash && isSameText
    }),
    { numRuns: 60 }
  )
  t.equal(plans, 60)
  t.end()
})

const MANY = `version: 1
plugins: { edge-a: {} }
upstreams:
${Array.from({ length: 40 }, (_, i) => `  u${i}: { endpoints: ["http://u${i}"]${i === 3 ? ', plugins: { edge-b: {} }' : ''} }`).join('\n')}
routes:
${Array.from({ length: 200 }, (_, i) => `  - { name: r${i}, match: { path: /r${i} }, upstream: u${i % 40} }`).join('\n')}
`

t.test('it is frozen, shares what it shared, and no piece is large', (t) => {
  const plan = planOf(MANY)
  const { shipped, sizes } = ship(plan, 300)
  const open: string[] = []
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    if (!Object.isFrozen(value)) open.push(path)
    for (const [key, inner] of Object.entries(value)) if (key !== 'definition') walk(inner, `${path}.${key}`)
  }
  walk(shipped, 'plan')
  t.strictSame(open, [])
  for (const each of [plan, shipped]) {
    const chains = each.routes.map((route) => route.plugins)
    t.equal(new Set(chains).size, 2, 'routes without plugins of their own have one list: their upstream’s')
    t.equal(new Set(chains.flat()).size, 2, 'a plugin of a wider scope is one object')
    t.ok(
      chains.flat().every(({ definition }) => builtins.includes(definition)),
      'bound to the code of this thread'
    )
  }
  t.ok(Math.max(...sizes) < JSON.stringify(plan).length / 10, `the largest has ${Math.max(...sizes)} characters`)
  t.end()
})

t.test('a plan whose last piece is missing is none', (t) => {
  const unpacker = new PlanUnpacker(() => builtins[0] as (typeof builtins)[number])
  for (const piece of [...packPlan(planOf(MANY))].slice(0, -1)) unpacker.add(structuredClone(piece))
  t.throws(() => unpacker.finish(), /not complete/)
  t.end()
})
