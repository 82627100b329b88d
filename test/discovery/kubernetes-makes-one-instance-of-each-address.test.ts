import t from 'tap'
import { readSlices, type EndpointSlice } from '../../src/discovery/kubernetes/slices.ts'
import { endpoint, kubernetesQuery } from './kubernetes-kit.ts'

function slice(name: string, endpoints: readonly object[], more: Partial<EndpointSlice> = {}): EndpointSlice {
  const ports = [{ name: 'http', port: 8080, protocol: 'TCP' }]
  return { metadata: { name }, addressType: 'IPv4', endpoints: endpoints as EndpointSlice['endpoints'] & object, ports, ...more }
}

t.test('each address is one instance with the zone of its endpoint', async (t) => {
  const { instances, skipped } = readSlices(
    [
      slice('a', [endpoint('10.0.0.1', { zone: 'eu-1a' }), endpoint(['10.0.0.2', '10.0.0.3'], { zone: 'eu-1b' })]),
      slice('c', [endpoint('orders.example.org')], { addressType: 'FQDN' })
    ],
    kubernetesQuery('orders', { scheme: 'https' })
  )
  t.strictSame(skipped, [])
  t.strictSame(instances, [
    { origin: 'https://10.0.0.1:8080', weight: 1, zone: 'eu-1a', tags: [] },
    { origin: 'https://10.0.0.2:8080', weight: 1, zone: 'eu-1b', tags: [] },
    { origin: 'https://10.0.0.3:8080', weight: 1, zone: 'eu-1b', tags: [] },
    { origin: 'https://orders.example.org:8080', weight: 1, zone: null, tags: [] }
  ])
})

t.test('a pod of a dual-stack service is one instance, by IPv4 unless there is none', async (t) => {
  const ipv4 = slice('a', [endpoint('10.0.0.1')])
  const ipv6 = slice('b', [endpoint('fd00::1')], { addressType: 'IPv6' })
  const origins = (slices: readonly EndpointSlice[]) => readSlices(slices, kubernetesQuery('orders')).instances.map(({ origin }) => origin)
  t.strictSame(origins([ipv6, ipv4]), ['http://10.0.0.1:8080'])
  t.strictSame(origins([ipv6]), ['http://[fd00::1]:8080'])
  t.strictSame(origins([ipv6, slice('a', [endpoint('10.0.0.1', { conditions: { ready: false } })])]), ['http://[fd00::1]:8080'])
})

t.test('an address that is in two slices counts once, also when it is ready in only one of them', async (t) => {
  const { instances } = readSlices(
    [
      slice('a', [endpoint('10.0.0.1', { conditions: { ready: false } }), endpoint('10.0.0.2', { zone: 'north' })]),
      slice('b', [endpoint('10.0.0.1'), endpoint('10.0.0.2', { zone: 'south' })])
    ],
    kubernetesQuery('orders')
  )
  t.match(
    instances.map(({ origin, zone }) => [origin, zone]),
    [
      ['http://10.0.0.2:8080', 'north'],
      ['http://10.0.0.1:8080', null]
    ]
  )
  t.equal(instances.length, 2)
})

t.test('one address that cannot be used costs the others of its slice nothing', async (t) => {
  const { instances, skipped } = readSlices([slice('a', [endpoint('10.0.0.1'), endpoint('fe80::1%eth0')])], kubernetesQuery('orders'))
  t.equal(instances.length, 1)
  t.match(skipped, [{ entry: 'a: fe80::1%eth0', reason: /is no address/ }])
})
