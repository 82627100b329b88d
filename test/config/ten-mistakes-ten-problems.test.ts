import t from 'tap'
import { briefOf } from './fixtures.ts'

const TEXT = `version: 2
listeners:
  - address: localhost
trustedproxies: [10.0.0.0/8]
limits: { headers: 16 }
upstreams:
  orders:
    endpoints:
      - url: http://orders:3000/base
    timeouts: { conect: 2s }
routes:
  - name: a
    match: { path: "/a/{id}" }
    upstream: ordrs
    plugins:
      jwt: { leeway: soon }
  - match: { path: /b }
    upstream: orders
`

t.test('a file with ten mistakes gives ten problems, each at its place', (t) => {
  t.strictSame(briefOf(TEXT), [
    '1:10 not-allowed version',
    '3:14 bad-address listeners[0].address',
    '4:1 unknown-key trustedproxies',
    '5:20 bad-size limits.headers',
    '9:14 bad-endpoint upstreams.orders.endpoints[0].url',
    '10:17 unknown-key upstreams.orders.timeouts.conect',
    '13:20 bad-path routes[0].match.path',
    '14:15 dangling-reference routes[0].upstream',
    '16:22 bad-duration routes[0].plugins.jwt.leeway',
    '17:5 missing-key routes[1]'
  ])
  t.end()
})
