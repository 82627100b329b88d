import t from 'tap'
import { parseEntries } from '../../src/discovery/etcd/parse.ts'

const parse = (...values: readonly string[]) =>
  parseEntries(new Map(values.map((value, index) => [`/orders/${index}`, value])), { prefix: '/orders/', scheme: 'http' })
const one = (value: string) => parse(value).instances[0]

t.test('an object with an address', async (t) => {
  t.strictSame(one('{"address":"10.0.0.1","port":8080,"weight":5,"zone":"north","scheme":"https","tags":["v2",7]}'), {
    origin: 'https://10.0.0.1:8080',
    weight: 5,
    zone: 'north',
    tags: ['v2']
  })
  t.strictSame(one(' {"host":"orders-1.local","port":80}\n'), { origin: 'http://orders-1.local', weight: 1, zone: null, tags: [] })
})

t.test('what the endpoint manager of gRPC naming writes', async (t) => {
  t.strictSame(one('{"Op":0,"Addr":"10.0.0.1:8080","Metadata":{"weight":"3","zone":"south","scheme":"https","tags":["a"]}}'), {
    origin: 'https://10.0.0.1:8080',
    weight: 3,
    zone: 'south',
    tags: ['a']
  })
  t.strictSame(one('{"Addr":"[::1]:8080","Metadata":null}'), { origin: 'http://[::1]:8080', weight: 1, zone: null, tags: [] })
})

t.test('text, with or without a scheme', async (t) => {
  t.equal(one('10.0.0.1:8080')?.origin, 'http://10.0.0.1:8080')
  t.equal(one('orders-1:8080\n')?.origin, 'http://orders-1:8080')
  t.equal(one('https://orders-1:8443')?.origin, 'https://orders-1:8443')
  t.equal(one('https://orders-1/')?.origin, 'https://orders-1', 'with the default port')
})

t.test('anything else is skipped, by its key and with what is wrong', async (t) => {
  const bad = [
    '',
    'orders-1',
    ':8080',
    '::1:8080',
    'orders-1:99999',
    'ftp://orders-1:21',
    'http://orders-1:8080/path',
    '{"address":',
    '{"address":"10.0.0.1"}',
    '{"port":8080}',
    '{"Addr":7}',
    '{"address":"10.0.0.1","port":8080,"weight":-1}'
  ]
  const { instances, skipped } = parse(...bad, '10.0.0.1:8080')
  t.strictSame(
    instances.map(({ origin }) => origin),
    ['http://10.0.0.1:8080']
  )
  t.strictSame(
    skipped.map(({ entry }) => entry),
    bad.map((_, index) => `/orders/${index}`)
  )
  t.strictSame(
    skipped.filter(({ reason }) => !/no address|no port|no weight|expected/.test(reason)),
    []
  )
})
