import { normalizeIP } from '@fastify/rate-limit'
import fc from '../support/property.ts'
import t from 'tap'
import { addressKey } from '../../src/plugin-api/limits/address-key.ts'
import rateLimit from '../../plugins/rate-limit/index.ts'
import { testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'

interface Caller {
  readonly ip?: string
  readonly consumer?: string
  readonly groups?: readonly string[]
  readonly claims?: Record<string, unknown>
  readonly headers?: Record<string, string>
}

/** Which of the callers shares the first one's count. */
async function sharing(by: unknown, callers: readonly Caller[]): Promise<boolean[]> {
  const state = new Map<string, unknown>()
  const shares: boolean[] = []
  const send = async ({ ip, consumer, groups = [], claims, headers = {} }: Caller) => {
    const options: TestPluginOptions = {
      state,
      clientIp: ip ?? '192.0.2.7',
      before({ gateway }) {
        gateway.consumer = consumer === undefined ? null : { name: consumer, groups }
        gateway.claims = claims ?? null
      }
    }
    const bench = await testPlugin(rateLimit, { limit: 1, window: '1m', by }, options)
    const { statusCode } = await bench.inject({ url: '/', headers })
    await bench.close()
    return statusCode === 429
  }
  for (const caller of callers) shares.push(await send(caller))
  return shares
}

t.test('by ip, an IPv6 client is its /64', async (t) => {
  t.same(await sharing('ip', [{ ip: '192.0.2.7' }, { ip: '::ffff:192.0.2.7' }, { ip: '192.0.2.8' }]), [false, true, false])
  t.same(await sharing('ip', [{ ip: '2001:db8:1:2::1' }, { ip: '2001:db8:1:2:ffff::9' }, { ip: '2001:db8:1:3::1' }]), [false, true, false])
})

t.test('by consumer, an unauthenticated request counts for its address', async (t) => {
  t.same(
    await sharing('consumer', [{ consumer: 'alice' }, { consumer: 'alice', ip: '192.0.2.8' }, { consumer: 'bob' }, {}, {}, { ip: '192.0.2.8' }]),
    [false, true, false, false, true, false]
  )
  t.same(await sharing('consumer', [{ ip: '192.0.2.7' }, { consumer: '192.0.2.7' }]), [false, false], 'no consumer can use up an address')
})

t.test('by route, everybody shares one count', async (t) => {
  t.same(await sharing('route', [{}, { ip: '192.0.2.8', consumer: 'bob' }]), [false, true])
})

t.test('by header, without it the address counts', async (t) => {
  t.same(await sharing({ header: 'X-Api-Key' }, [{ headers: { 'x-api-key': 'k1' } }, { ip: '192.0.2.8', headers: { 'x-api-key': 'k1' } }, {}, {}]), [
    false,
    true,
    false,
    true
  ])
})

t.test('by claim, at its path', async (t) => {
  const tenant = (id: unknown) => ({ claims: { tenant: { id } } })
  t.same(await sharing({ claim: 'tenant.id' }, [tenant(7), tenant(7), tenant(8), tenant('7')]), [false, true, false, true])
})

t.test('several together count for their combination, which cannot be faked', async (t) => {
  const by = [{ header: 'x-a' }, { header: 'x-b' }]
  const pair = (a: string, b: string) => ({ headers: { 'x-a': a, 'x-b': b } })
  t.same(await sharing(by, [pair('1', '2'), pair('1', '2'), pair('1,2:h2', '')]), [false, true, false])
})

t.test('a long value is counted by its hash', async (t) => {
  const long = (end: string) => ({ headers: { 'x-a': 'x'.repeat(4000) + end } })
  t.same(await sharing({ header: 'x-a' }, [long('1'), long('1'), long('2')]), [false, true, false])
})

t.test('two IPv6 addresses share a key exactly when the parser of @fastify/rate-limit says so', async () => {
  const group = fc.oneof(
    fc.constantFrom('0', '1', 'ffff', '00ab'),
    fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16))
  )
  const full = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':'))
  const short = fc
    .tuple(fc.array(group, { maxLength: 4 }), fc.array(group, { maxLength: 3 }))
    .map(([head, tail]) => `${head.join(':')}::${tail.join(':')}`)
  const mapped = fc.ipV4().map((ip) => `::ffff:${ip}`)
  const address = fc.oneof(full, short, mapped, fc.ipV4())
  fc.assert(fc.property(address, address, (a, b) => (addressKey(a) === addressKey(b)) === (normalizeIP(a) === normalizeIP(b))))
  fc.assert(fc.property(mapped, (ip) => addressKey(ip) === normalizeIP(ip)))
})

t.test('by group, all of the first group share a count; without a group the consumer counts', async (t) => {
  const of = (consumer: string, ...groups: string[]) => ({ consumer, groups })
  t.same(await sharing('group', [of('alice', 'gold', 'x'), of('bob', 'gold'), of('carol', 'x'), of('dora'), of('dora')]), [
    false,
    true,
    false,
    false,
    true
  ])
})

t.test('by cookie, without it the address counts', async (t) => {
  const cookie = (text: string, ip = '192.0.2.7') => ({ ip, headers: { cookie: text } })
  t.same(await sharing({ cookie: 'sid' }, [cookie('a=b; sid=1'), cookie('sid=1; sid=2', '192.0.2.8'), cookie('sid=2'), cookie('xsid=1'), {}]), [
    false,
    true,
    false,
    false,
    true
  ])
})

t.test('with global, routes share a count', async (t) => {
  const statusOn = async (state: Map<string, unknown>, route: string, by: unknown, clientIp = '192.0.2.7') => {
    const bench = await testPlugin(rateLimit, { limit: 1, window: '1m', by }, { state, route: { name: route }, clientIp })
    const { statusCode } = await bench.inject('/')
    await bench.close()
    return statusCode
  }
  const all = new Map<string, unknown>()
  t.same([await statusOn(all, 'a', 'global'), await statusOn(all, 'b', 'global', '192.0.2.8')], [200, 429])
  const each = new Map<string, unknown>()
  t.same([await statusOn(each, 'a', ['global', 'ip']), await statusOn(each, 'b', ['global', 'ip'])], [200, 429])
  t.equal(await statusOn(each, 'b', ['global', 'ip'], '192.0.2.8'), 200)
  const apart = new Map<string, unknown>()
  t.same([await statusOn(apart, 'a', 'route'), await statusOn(apart, 'b', 'route')], [200, 200])
})
