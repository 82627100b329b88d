import t from 'tap'
import { readSlices } from '../../src/discovery/kubernetes/slices.ts'
import { endpoint, kubernetesQuery } from './kubernetes-kit.ts'

const HTTP = { name: 'http', port: 8080, protocol: 'TCP' }
const ADMIN = { name: 'admin', port: 9090, protocol: 'TCP' }
const DNS = { name: 'dns', port: 8080, protocol: 'UDP' }

function read(port: string | number | null, ports: readonly object[] | null) {
  const slice = { metadata: { name: 'orders-x' }, addressType: 'IPv4', endpoints: [endpoint('10.0.0.1') as { addresses: string[] }], ports }
  const { instances, skipped } = readSlices([slice], kubernetesQuery('orders', { port }))
  return instances[0]?.origin ?? `${skipped[0]?.entry}: ${skipped[0]?.reason}`
}

t.test('a name, a number, or the only one there is', async (t) => {
  t.equal(read('admin', [HTTP, ADMIN]), 'http://10.0.0.1:9090')
  t.equal(read(9090, [HTTP, ADMIN]), 'http://10.0.0.1:9090')
  t.equal(read(null, [HTTP]), 'http://10.0.0.1:8080')
  t.equal(read(null, [{ name: null, port: 8080 }]), 'http://10.0.0.1:8080', 'nameless, and TCP because nothing else is said')
  t.equal(read(null, [DNS, ADMIN]), 'http://10.0.0.1:9090', 'UDP does not count')
})

t.test('what cannot be chosen is skipped with a reason', async (t) => {
  t.equal(read('grpc', [HTTP, ADMIN]), 'orders-x: it has no TCP port grpc (http 8080, admin 9090)')
  t.equal(read('dns', [HTTP, DNS]), 'orders-x: it has no TCP port dns (http 8080)')
  t.equal(read(80, [HTTP]), 'orders-x: it has no TCP port 80 (http 8080)')
  t.equal(read(null, [HTTP, ADMIN]), 'orders-x: it has 2 TCP ports (http 8080, admin 9090), and none was chosen')
  t.equal(read(null, null), 'orders-x: it has 0 TCP ports (it has none), and none was chosen')
  t.equal(read('http', [{ ...HTTP, port: null }]), 'orders-x: 10.0.0.1: null is no port')
})

t.test('a slice without usable endpoints needs no port', async (t) => {
  const placeholder = { metadata: { name: 'orders-y' }, addressType: 'IPv4', endpoints: null, ports: null }
  t.strictSame(readSlices([placeholder], kubernetesQuery('orders', { port: 'http' })), { instances: [], skipped: [] })
})
