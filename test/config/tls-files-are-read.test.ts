import t from 'tap'
import { briefOf, document } from './fixtures.ts'

const ROUTE = '{ name: a, match: { path: /a }, upstream: orders }'
const of = (tls: string, url = 'https://a'): readonly string[] =>
  briefOf(document(ROUTE, `{ endpoints: ["${url}"], tls: ${tls} }`), {
    files: { cert: '-----BEGIN CERTIFICATE-----', key: '-----BEGIN EC PRIVATE KEY-----', junk: 'x' }
  })

t.test('right ones', (t) => {
  t.strictSame(of('{ caFile: cert, certFile: cert, keyFile: key }'), [])
  t.end()
})

t.test('missing, wrong and lonely ones', (t) => {
  t.strictSame(of('{ caFile: nope }'), ['3:54 unreadable-file upstreams.orders.tls.caFile'])
  t.strictSame(of('{ caFile: key }'), ['3:54 bad-pem upstreams.orders.tls.caFile'])
  t.strictSame(of('{ certFile: cert }'), ['3:39 missing-key upstreams.orders.tls'])
  t.strictSame(of('{ keyFile: key }'), ['3:39 missing-key upstreams.orders.tls'])
  t.end()
})

t.test('doubtful ones', (t) => {
  t.strictSame(of('{ insecureSkipVerify: true }'), ['3:66 insecure-tls upstreams.orders.tls.insecureSkipVerify'])
  t.strictSame(of('{ caFile: cert }', 'http://abc'), ['3:40 unused-tls upstreams.orders.tls'])
  t.end()
})
