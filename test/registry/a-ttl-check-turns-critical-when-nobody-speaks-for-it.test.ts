import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { Catalog } from '../../src/registry/catalog.ts'
import { startRegistry } from '../../src/registry/server.ts'
import { fakeRandom } from '../../src/plugin-api/testing-clock.ts'
import { send } from '../support/client.ts'
import { register, stateOf } from './catalog-entries.ts'

const WEB = { Name: 'web', Check: { CheckID: 'ttl', TTL: '10s' } }

t.test('it starts critical unless the registration says else', async (t) => {
  const catalog = new Catalog()
  register(catalog, WEB, 0)
  t.strictSame(stateOf(catalog, 'ttl'), ['critical', ''])
  register(catalog, { Name: 'other', Check: { CheckID: 'other', TTL: '10s', Status: 'warning' } }, 0)
  t.strictSame(stateOf(catalog, 'other'), ['warning', ''])
})

t.test('it passes for as long as somebody says so in time', async (t) => {
  const catalog = new Catalog()
  register(catalog, WEB, 0)
  for (let now = 0; now < 100_000; now += 9_999) {
    t.equal(catalog.expire(now).index, null)
    catalog.updateCheck('ttl', 'passing', 'well', now)
    t.equal(catalog.nextDue(), now + 10_000)
  }
  t.strictSame(stateOf(catalog, 'ttl'), ['passing', 'well'])
})

t.test('it turns critical once when the time is over, and the index of the service moves', async (t) => {
  const catalog = new Catalog()
  register(catalog, WEB, 0)
  const passed = catalog.updateCheck('ttl', 'passing', 'well', 5_000)
  t.strictSame(catalog.expire(14_999), { index: null, services: [], started: [], stopped: [] })
  t.match(catalog.expire(15_000), { index: (passed?.index ?? 0) + 1, services: ['web'] })
  t.strictSame(stateOf(catalog, 'ttl'), ['critical', 'TTL expired (last output before timeout follows): well'])
  t.equal(catalog.indexes.service('web', 'health'), (passed?.index ?? 0) + 1)
  t.equal(catalog.expire(60_000).index, null)
  t.equal(catalog.nextDue(), null, 'nothing is left to do')
})

t.test('one that was critical all the time moves no index', async (t) => {
  const catalog = new Catalog()
  register(catalog, WEB, 0)
  t.equal(catalog.expire(10_000).index, null)
  t.strictSame(stateOf(catalog, 'ttl'), ['critical', 'TTL expired'])
})

t.test('registering again gives it a whole TTL, and keeps its state', async (t) => {
  const catalog = new Catalog()
  register(catalog, WEB, 0)
  catalog.updateCheck('ttl', 'passing', 'well', 0)
  t.equal(register(catalog, WEB, 9_000).index, null)
  t.strictSame(stateOf(catalog, 'ttl'), ['passing', 'well'])
  catalog.expire(18_999)
  t.equal(catalog.check('ttl')?.status, 'passing')
  catalog.expire(19_000)
  t.equal(catalog.check('ttl')?.status, 'critical')
})

t.test('the server does it by its clock, and wakes who waits', async (t) => {
  const clock = new FakeClock()
  const server = await startRegistry({ host: '127.0.0.1', port: 0, clock, random: fakeRandom() })
  t.teardown(() => server.close())
  await send(`${server.url}/v1/agent/service/register`, { method: 'PUT', body: JSON.stringify(WEB) })
  await send(`${server.url}/v1/agent/check/pass/ttl`, { method: 'PUT' })
  const { headers, text } = await send(`${server.url}/v1/health/service/web?passing`)
  t.match(text, /"web"/)
  const waiting = send(`${server.url}/v1/health/service/web?passing&index=${String(headers['x-consul-index'])}`)
  // Not before the query waits: then nothing else could have ended it.
  await send(`${server.url}/v1/status/leader`)
  clock.advance(9_999)
  t.match((await send(`${server.url}/v1/health/service/web?passing`)).text, /"web"/)
  clock.advance(1)
  t.equal((await waiting).text, '[]\n')
})
