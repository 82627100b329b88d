import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { KnownInstances } from '../../src/discovery/known-instances.ts'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import type { Teardown } from '../support/gateway.ts'
import { instance } from '../support/registry.ts'

function open(t: Teardown, folder = mkdtempSync(join(tmpdir(), 'sallyport-known-'))) {
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const clock = new FakeClock()
  const troubles: string[] = []
  return { folder, file: join(folder, 'endpoints.json'), clock, troubles, known: new KnownInstances(clock, (message) => troubles.push(message)) }
}

t.test('what was written is read again', async (t) => {
  const { folder, file, known, clock, troubles } = open(t)
  known.useFile(file)
  const list = [instance(1, { weight: 7, zone: 'north', tags: ['v2'] }), instance(2)]
  known.set('orders', list)
  await known.flush()
  const next = open(t, folder)
  next.known.useFile(file)
  t.strictSame(next.known.get('orders'), { instances: list, atMs: clock.wall() })
  t.equal(next.known.get('users'), null)
  t.strictSame([...troubles, ...next.troubles], [])
  t.strictSame(readdirSync(folder), ['endpoints.json'], 'no half-written file is left')
})

t.test('changes that come together are written once, after a moment', async (t) => {
  const { file, known, clock } = open(t)
  known.useFile(file)
  known.set('orders', [instance(1)])
  known.set('orders', [instance(2)])
  clock.advance(499)
  t.equal(existsSync(file), false)
  clock.advance(1)
  await known.flush()
  t.match(JSON.parse(readFileSync(file, 'utf8')), { version: 1, services: { orders: { instances: [{ origin: 'http://127.0.0.1:2' }] } } })
})

t.test('a damaged file is told of, not used, and replaced', async (t) => {
  const { file, known, troubles } = open(t)
  writeFileSync(file, '{"version":1,"serv')
  known.useFile(file)
  t.equal(known.get('orders'), null)
  t.strictSame(troubles, ['the file of saved endpoints is damaged and not used'])
  known.set('orders', [instance(1)])
  await known.flush()
  t.equal((JSON.parse(readFileSync(file, 'utf8')) as { version: number }).version, 1)
})

t.test('one bad instance of the file costs the others nothing', (t) => {
  const { file, known } = open(t)
  const good = { origin: 'http://127.0.0.1:1', weight: 1, zone: null, tags: [] }
  const bad = [
    null,
    {},
    { ...good, origin: 'gopher://x' },
    { ...good, origin: 'http://127.0.0.1:1/path' },
    { ...good, weight: -1 },
    { ...good, weight: '1' }
  ]
  writeFileSync(
    file,
    JSON.stringify({ version: 1, services: { orders: { atMs: 5, instances: [...bad, good] }, users: { atMs: 'x', instances: [] } } })
  )
  known.useFile(file)
  t.strictSame(known.get('orders'), { atMs: 5, instances: [good] })
  t.equal(known.get('users'), null)
  t.end()
})

t.test('a file that cannot be written is told of and costs nothing else', async (t) => {
  const { folder, known, troubles } = open(t)
  known.useFile(join(folder, 'missing', 'endpoints.json'))
  known.set('orders', [instance(1)])
  await known.flush()
  t.strictSame(troubles, ['cannot save the endpoints'])
  t.equal(known.get('orders')?.instances.length, 1)
})

t.test('what this process knows is newer than the file', (t) => {
  const { file, known } = open(t)
  writeFileSync(
    file,
    JSON.stringify({ version: 1, services: { orders: { atMs: 5, instances: [{ origin: 'http://old', weight: 1, zone: null, tags: [] }] } } })
  )
  known.set('orders', [instance(1)])
  known.useFile(file)
  t.match(known.get('orders'), { instances: [{ origin: 'http://127.0.0.1:1' }] })
  t.end()
})
