import t from 'tap'
import { parseHealth } from '../../src/discovery/consul/parse.ts'
import { entry } from '../support/consul-stub.ts'
import { consulQuery } from './consul-kit.ts'

const read = (entries: readonly unknown[], more = {}) => parseHealth(entries, consulQuery('orders', more))
const checks = (...states: string[]) => ({ Checks: states.map((Status, index) => ({ CheckID: `c${index}`, Status })) })

t.test('address, port, weight, zone and tags', (t) => {
  const { instances, skipped } = read([
    entry(8001, { Tags: ['v2', 'blue'], Weights: { Passing: 7, Warning: 2 }, Meta: { zone: 'north', scheme: 'https' } }),
    entry(8002, { Address: '' }),
    entry(443, { Address: '2001:db8::1', Meta: { scheme: 'https', weight: '3' } }),
    entry(8004, { Address: 'orders.internal', Weights: { Passing: 5000, Warning: 1 } })
  ])
  t.strictSame(skipped, [])
  t.strictSame(instances, [
    { origin: 'https://127.0.0.1:8001', weight: 7, zone: 'north', tags: ['v2', 'blue'] },
    { origin: 'http://10.0.0.1:8002', weight: 1, zone: 'of-the-node', tags: [] },
    { origin: 'https://[2001:db8::1]', weight: 3, zone: 'of-the-node', tags: [] },
    { origin: 'http://orders.internal:8004', weight: 1000, zone: 'of-the-node', tags: [] }
  ])
  t.end()
})

t.test('the scheme of the upstream is that of instances that name none', (t) => {
  t.match(read([entry(8001)], { scheme: 'https' }).instances, [{ origin: 'https://127.0.0.1:8001' }])
  t.end()
})

t.test('an instance must have every tag', (t) => {
  const { instances } = read([entry(8001, { Tags: ['a', 'b', 'c'] }), entry(8002, { Tags: ['a'] }), entry(8003, { Tags: null })], {
    tags: ['a', 'b']
  })
  t.match(instances, [{ origin: 'http://127.0.0.1:8001' }])
  t.equal(instances.length, 1)
  t.end()
})

t.test('critical instances and those in maintenance get nothing, whatever the query', (t) => {
  const entries = [
    entry(8001, {}, checks('passing', 'critical')),
    entry(8002, {}, checks('maintenance')),
    entry(8003, {}, checks('passing', 'passing'))
  ]
  for (const includeWarning of [true, false]) t.match(read(entries, { includeWarning }).instances, [{ origin: 'http://127.0.0.1:8003' }])
  t.equal(read(entries).instances.length, 1)
  t.end()
})

t.test('instances whose checks warn get nothing, or what their warning weight says', (t) => {
  const entries = [entry(8001, { Weights: { Passing: 10, Warning: 2 } }, checks('passing', 'warning'))]
  t.strictSame(read(entries).instances, [])
  t.match(read(entries, { includeWarning: true }).instances, [{ weight: 2 }])
  t.end()
})

t.test('an entry that cannot be read is skipped with its name and the reason, and costs the others nothing', (t) => {
  const odd: readonly unknown[] = [
    null,
    7,
    'text',
    [],
    {},
    { Service: null },
    entry(0),
    entry(70_000),
    entry(8001, { Port: '8001' }),
    entry(8001, { Address: 'a b' }),
    entry(8001, { Address: 'host/path' }),
    entry(8001, { Address: 'user@host' }),
    entry(8001, { Address: '' }, { Node: { Node: 'x', Address: '' } }),
    entry(8001, { Meta: { scheme: 'ftp' } }),
    entry(8001, { Meta: { weight: '-1' } }),
    entry(8001, { Weights: { Passing: 1.5 } })
  ]
  const { instances, skipped } = read([entry(8010), ...odd, entry(8020)])
  t.match(instances, [{ origin: 'http://127.0.0.1:8010' }, { origin: 'http://127.0.0.1:8020' }])
  t.equal(instances.length, 2)
  t.equal(skipped.length, odd.length)
  for (const { entry: name, reason } of skipped) t.ok(name.length > 0 && reason.length > 5, `${name}: ${reason}`)
  t.end()
})

t.test('what is no list is a failure, never an empty answer', (t) => {
  for (const body of [null, {}, 'x', 5]) t.throws(() => parseHealth(body, consulQuery('orders')), { message: /expected a list/ })
  t.end()
})
