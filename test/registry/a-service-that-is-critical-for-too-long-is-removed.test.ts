import t from 'tap'
import { Catalog } from '../../src/registry/catalog.ts'
import { register } from './catalog-entries.ts'

const MINUTE = 60_000

function web(after: string, more: object = {}): object {
  return { Name: 'web', ID: 'web-1', Check: { CheckID: 'ttl', TTL: '10s', DeregisterCriticalServiceAfter: after }, ...more }
}

t.test('with all its checks, when the time is over', async (t) => {
  const catalog = new Catalog()
  register(catalog, web('2m'), 0)
  register(catalog, { Name: 'web', ID: 'web-1', Check: { CheckID: 'other', TTL: '1h', Status: 'passing' } }, 0)
  catalog.expire(10_000)
  t.equal(catalog.nextDue(), 10_000 + 2 * MINUTE)
  catalog.expire(10_000 + 2 * MINUTE - 1)
  t.ok(catalog.service('web-1'))
  const before = catalog.indexes.service('web', 'health')
  const change = catalog.expire(10_000 + 2 * MINUTE)
  t.match(change, { services: ['web'], stopped: ['ttl', 'other'] })
  t.equal(catalog.service('web-1'), undefined)
  t.strictSame(catalog.checks(), [])
  t.ok(catalog.indexes.service('web', 'health') > before, 'who watches it is told')
  t.equal(catalog.nextDue(), null)
})

t.test('not when it was well again in between', async (t) => {
  const catalog = new Catalog()
  register(catalog, web('1m'), 0)
  catalog.expire(10_000)
  catalog.updateCheck('ttl', 'passing', '', 60_000)
  t.equal(catalog.expire(69_999).index, null)
  catalog.expire(70_000)
  t.equal(catalog.check('ttl')?.status, 'critical')
  catalog.expire(70_000 + MINUTE - 1)
  t.ok(catalog.service('web-1'))
  catalog.expire(70_000 + MINUTE)
  t.equal(catalog.service('web-1'), undefined)
})

t.test('counted from the first time that it was told to be critical, and from the time that was missed', async (t) => {
  const catalog = new Catalog()
  register(catalog, web('1m'), 0)
  catalog.updateCheck('ttl', 'critical', '', 1_000)
  catalog.updateCheck('ttl', 'critical', 'still', 9_000)
  t.equal(catalog.nextDue(), 19_000)
  // Late, as a timer may be: what was missed counts from when it should have been done.
  catalog.expire(1_000 + MINUTE)
  t.equal(catalog.service('web-1'), undefined)
})

t.test('not before a minute, however short a time it asks for', async (t) => {
  const catalog = new Catalog()
  register(catalog, web('1s'), 0)
  catalog.updateCheck('ttl', 'critical', '', 0)
  catalog.expire(MINUTE - 1)
  t.ok(catalog.service('web-1'))
  catalog.expire(MINUTE)
  t.equal(catalog.service('web-1'), undefined)
})

t.test('never when it did not ask for it', async (t) => {
  const catalog = new Catalog()
  register(catalog, { Name: 'web', ID: 'web-1', Check: { CheckID: 'ttl', TTL: '10s' } }, 0)
  catalog.expire(10_000)
  t.equal(catalog.nextDue(), null)
  catalog.expire(10 * 365 * 24 * 3_600_000)
  t.ok(catalog.service('web-1'))
})
