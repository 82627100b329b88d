import t from 'tap'
import { Catalog } from '../../src/registry/catalog.ts'
import { register } from './catalog-entries.ts'

const WEB = {
  Name: 'web',
  ID: 'web-1',
  Tags: ['a', 'b'],
  Port: 8080,
  Meta: { zone: 'north', other: 'x' },
  Weights: { Passing: 2, Warning: 1 },
  Check: { HTTP: 'http://127.0.0.1:8080/', Interval: '1s' }
}

t.test('nothing moves, and the check that runs goes on', async (t) => {
  const catalog = new Catalog()
  const first = register(catalog, WEB, 0)
  t.match(first, { index: 2, services: ['web'], stopped: [] })
  t.match(
    first.started.map(({ definition }) => definition.id),
    ['service:web-1']
  )
  const again = register(catalog, { ...WEB, Meta: { other: 'x', zone: 'north' } }, 5)
  t.strictSame(again, { index: null, services: [], started: [], stopped: [] })
  t.equal(catalog.indexes.checks, 2)
  t.equal(catalog.indexes.services, 2)
})

const changes: Readonly<Record<string, object>> = {
  tags: { Tags: ['b', 'a'] },
  port: { Port: 8081 },
  address: { Address: '10.0.0.1' },
  meta: { Meta: { zone: 'south', other: 'x' } },
  weights: { Weights: { Passing: 3, Warning: 1 } },
  'tag override': { EnableTagOverride: true },
  'notes of the check': { Check: { ...WEB.Check, Notes: 'new' } }
}

for (const [what, change] of Object.entries(changes)) {
  t.test(`another ${what} moves the index of the service`, async (t) => {
    const catalog = new Catalog()
    register(catalog, WEB, 0)
    t.match(register(catalog, { ...WEB, ...change }, 1), { index: 3, services: ['web'] })
    t.equal(catalog.indexes.service('web', 'health'), 3)
  })
}

t.test('another interval starts the check anew and is nobody else’s business', async (t) => {
  const catalog = new Catalog()
  register(catalog, WEB, 0)
  const change = register(catalog, { ...WEB, Check: { ...WEB.Check, Interval: '2s' } }, 1)
  t.match(change, { index: null, services: [], stopped: ['service:web-1'], started: [{ definition: { probe: { intervalMs: 2000 } } }] })
})

t.test('an instance that takes another name is noticed under the old and the new one', async (t) => {
  const catalog = new Catalog()
  register(catalog, WEB, 0)
  register(catalog, { ...WEB, ID: 'web-2' }, 0)
  const change = register(catalog, { ...WEB, ID: 'web-2', Name: 'shop' }, 1)
  t.strictSame([...change.services].sort(), ['shop', 'web'])
  t.equal(catalog.indexes.service('web', 'health'), change.index)
  t.equal(catalog.indexes.service('shop', 'health'), change.index)
})
