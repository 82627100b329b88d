import t from 'tap'
import { parseBlock } from '../../plugins/ip-filter/cidr.ts'
import ipFilter from '../../plugins/ip-filter/index.ts'
import { checkPlugin, testPlugin } from '../../src/plugin-api/testing.ts'

async function verdicts(config: object, addresses: readonly string[]): Promise<number[]> {
  const statuses: number[] = []
  for (const clientIp of addresses) {
    const bench = await testPlugin(ipFilter, config, { clientIp })
    statuses.push((await bench.inject('/')).statusCode)
    await bench.close()
  }
  return statuses
}

t.test('only allowed addresses pass when some are named', async (t) => {
  t.same(
    await verdicts({ allow: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'] }, ['10.9.9.9', '192.0.2.7', '192.0.2.8', '2001:db8:1::1', '2001:db9::1']),
    [200, 200, 403, 200, 403]
  )
})

t.test('denial wins over permission', async (t) => {
  t.same(await verdicts({ allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] }, ['10.0.0.1', '10.1.0.1']), [200, 403])
  t.same(await verdicts({ deny: ['10.1.0.0/16'] }, ['203.0.113.1', '10.1.0.1']), [200, 403])
})

t.test('an IPv4-mapped address is the IPv4 address, in rules and in requests', async (t) => {
  t.same(
    await verdicts({ deny: ['192.0.2.0/24'] }, [
      '::ffff:192.0.2.7',
      '::FFFF:c000:207',
      '0:0:0:0:0:ffff:c000:0207',
      '::ffff:192.0.3.7',
      '::192.0.2.7'
    ]),
    [403, 403, 403, 200, 200]
  )
  t.same(await verdicts({ allow: ['::ffff:192.0.2.0/120'] }, ['192.0.2.7', '::ffff:192.0.2.7', '192.0.3.7']), [200, 200, 403])
})

t.test('a zone does not hide an address', async (t) => {
  t.same(await verdicts({ deny: ['fe80::/10'] }, ['fe80::1%eth0']), [403])
})

t.test('what is no address is refused', async (t) => {
  t.same(await verdicts({ deny: ['10.0.0.0/8'] }, ['', 'unix:', '10.0.0', 'localhost']), [403, 403, 403, 403])
})

t.test('a refusal has its code, tells no rule, and is counted', async (t) => {
  const bench = await testPlugin(ipFilter, { deny: ['192.0.2.0/24'] })
  t.teardown(bench.close)
  const answer = await bench.inject('/')
  t.equal(answer.json().code, 'SP_FORBIDDEN')
  t.notMatch(answer.body, '192.0.2')
  t.equal(bench.counters.get('ip_filter_refused_total{route="test"}'), 1)
})

t.test('bad blocks are errors at their place', async (t) => {
  const bad = ['10.0.0.0/33', '10.0.0', '::/129', 'localhost', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0.0/-1', 'fe80::1%eth0/64']
  t.same(
    checkPlugin(ipFilter, { allow: ['10.0.0.0/8'], deny: bad }).map(({ path }) => path),
    bad.map((_, index) => ['deny', index])
  )
})

t.test('a filter that filters nothing is a warning', async (t) => {
  t.match(checkPlugin(ipFilter, {}), [{ severity: 'warning' }])
})

t.test('a single address is a block of one', async (t) => {
  t.same(parseBlock('192.0.2.7'), { address: '192.0.2.7', prefix: 32, family: 'ipv4' })
  t.same(parseBlock('2001:db8::1'), { address: '2001:db8::1', prefix: 128, family: 'ipv6' })
  t.same(parseBlock('::ffff:10.0.0.0/104'), { address: '10.0.0.0', prefix: 8, family: 'ipv4' })
})
