import t from 'tap'
import { compileText } from '../../src/config/compile-text.ts'
import { document } from '../support/gateway.ts'
import { planOf } from './fixtures.ts'

/** A document with that top-level discovery and that place of one upstream. */
function discovering(discovery: string, upstream: string): string {
  return `version: 1
discovery: ${discovery}
upstreams:
  orders: { discovery: ${upstream} }
routes:
  - { name: all, match: { path: "/*" }, upstream: orders }`
}

t.test('every default of a provider', (t) => {
  const plan = planOf(discovering('{}', '{ consul: { service: orders } }'))
  t.strictSame(plan.discovery, {
    emptyGraceMs: 30_000,
    massRemovalRatio: 0.5,
    snapshotFile: null,
    consul: {
      addresses: ['http://127.0.0.1:8500'],
      token: null,
      tokenFile: null,
      datacenter: null,
      namespace: null,
      tls: null,
      waitMs: 55_000,
      allowStale: false,
      maxConnections: 160
    },
    dns: { servers: [], minTtlMs: 1000, maxTtlMs: 60_000, timeoutMs: 2000 },
    kubernetes: {
      apiServer: null,
      tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
      caFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
      namespace: null,
      namespaceFile: '/var/run/secrets/kubernetes.io/serviceaccount/namespace'
    },
    etcd: null,
    zookeeper: null,
    eureka: null
  })
  t.strictSame(plan.upstreams[0]?.endpoints, [])
  t.equal(plan.upstreams[0]?.balancer.algorithm, 'weighted-round-robin')
  t.strictSame(plan.upstreams[0]?.discovery, {
    kind: 'consul',
    service: 'orders',
    tags: [],
    datacenter: null,
    namespace: null,
    scheme: 'http',
    includeWarning: false
  })
  t.end()
})

t.test('each kind of place', (t) => {
  const settings = '{ etcd: { address: "http://etcd:2379" }, zookeeper: { address: "zk:2181" }, eureka: { address: "http://eureka:8761/eureka" } }'
  const queryOf = (place: string) => planOf(discovering(settings, place)).upstreams[0]?.discovery
  t.strictSame(queryOf('{ file: { path: orders.yaml } }'), { kind: 'file', path: 'orders.yaml' })
  t.strictSame(queryOf('{ dns: { name: orders.internal, port: 80 } }'), { kind: 'dns', name: 'orders.internal', type: 'a', port: 80, scheme: 'http' })
  t.strictSame(queryOf('{ dns: { name: _http._tcp.x, type: srv } }'), { kind: 'dns', name: '_http._tcp.x', type: 'srv', port: 0, scheme: 'http' })
  t.strictSame(queryOf('{ kubernetes: { service: orders, port: http } }'), {
    kind: 'kubernetes',
    service: 'orders',
    namespace: null,
    port: 'http',
    scheme: 'http'
  })
  t.strictSame(queryOf('{ etcd: { prefix: /orders/ } }'), { kind: 'etcd', prefix: '/orders/', scheme: 'http' })
  t.strictSame(queryOf('{ zookeeper: { service: orders, scheme: https } }'), { kind: 'zookeeper', service: 'orders', scheme: 'https' })
  t.strictSame(queryOf('{ eureka: { app: ORDERS } }'), { kind: 'eureka', app: 'ORDERS', scheme: 'http' })
  t.end()
})

t.test('addresses come one or several, those of Consul and etcd with or without a scheme', (t) => {
  const plan = planOf(
    discovering(
      '{ consul: { address: ["consul-1:8500", "https://consul-2:8501"], token: "" }, etcd: { address: "etcd:2379" }, zookeeper: { address: ["a:2181", "[::1]:2181"] } }',
      '{ consul: { service: orders } }'
    )
  )
  t.strictSame(plan.discovery.consul.addresses, ['http://consul-1:8500', 'https://consul-2:8501'])
  t.equal(plan.discovery.consul.token, null, 'an empty token is none')
  t.strictSame(plan.discovery.etcd?.addresses, ['http://etcd:2379'])
  t.strictSame(plan.discovery.zookeeper?.addresses, ['a:2181', '[::1]:2181'])
  t.end()
})

t.test('files are found beside the configuration', (t) => {
  const text = discovering('{ snapshotFile: state/endpoints.json, consul: { tokenFile: token } }', '{ file: { path: ../orders.yaml } }')
  const compiled = compileText({
    file: 'x.yaml',
    text,
    env: {},
    builtins: [],
    readFile: () => '',
    resolvePath: (path) => `/etc/sallyport/${path}`
  })
  if (!compiled.ok) throw new Error('it is valid')
  t.equal(compiled.plan.discovery.snapshotFile, '/etc/sallyport/state/endpoints.json')
  t.equal(compiled.plan.discovery.consul.tokenFile, '/etc/sallyport/token')
  t.strictSame(compiled.plan.upstreams[0]?.discovery, { kind: 'file', path: '/etc/sallyport/../orders.yaml' })
  t.end()
})

t.test('tokens and passwords are not shown', (t) => {
  const plan = planOf(
    discovering(
      '{ consul: { token: s3cret-token }, etcd: { address: "http://e", username: u, password: s3cret-word }, eureka: { address: "http://e/x", username: u, password: s3cret-pass } }',
      '{ consul: { service: orders } }'
    )
  )
  t.notMatch(JSON.stringify(plan.redacted), /s3cret/)
  t.equal(plan.discovery.consul.token, 's3cret-token')
  t.end()
})

const mistakes: readonly (readonly [what: string, text: string, issue: RegExp])[] = [
  [
    'neither endpoints nor discovery',
    document('upstreams: { a: {} }\nroutes: [{ name: a, match: { path: / }, upstream: a }]'),
    /exactly one of endpoints and discovery/
  ],
  ['no place', discovering('{}', '{}'), /expected exactly one of consul, file, dns/],
  ['two places', discovering('{}', '{ consul: { service: a }, file: { path: b } }'), /expected exactly one of consul, file, dns/],
  ['a place nobody knows', discovering('{}', '{ cnsul: { service: a } }'), /unknown key "?cnsul.*consul/s],
  ['etcd that is nowhere', discovering('{}', '{ etcd: { prefix: / } }'), /the document has no discovery\.etcd/],
  ['zookeeper that is nowhere', discovering('{}', '{ zookeeper: { service: a } }'), /the document has no discovery\.zookeeper/],
  ['eureka that is nowhere', discovering('{}', '{ eureka: { app: a } }'), /the document has no discovery\.eureka/],
  ['A records without a port', discovering('{}', '{ dns: { name: a } }'), /missing the key `port`/],
  [
    'a consul with a path',
    discovering('{ consul: { address: "http://consul/v1" } }', '{ consul: { service: a } }'),
    /discovery\.consul\.address.*has no path/s
  ],
  [
    'a second address that is none',
    discovering('{ consul: { address: ["a:1", "::"] } }', '{ consul: { service: a } }'),
    /discovery\.consul\.address\[1\]/
  ],
  ['a wait that is too short', discovering('{ consul: { wait: 10ms } }', '{ consul: { service: a } }'), /waits from 1s to 10m/],
  ['a zookeeper without a port', discovering('{ zookeeper: { address: zk } }', '{ zookeeper: { service: a } }'), /discovery\.zookeeper\.address/],
  [
    'a user without a password',
    discovering('{ etcd: { address: "http://e", username: u } }', '{ etcd: { prefix: / } }'),
    /`username` needs `password`/
  ],
  [
    'a eureka with a password in its url',
    discovering('{ eureka: { address: "http://u:p@e/x" } }', '{ eureka: { app: a } }'),
    /has no user name or password/
  ],
  ['ttls the wrong way round', discovering('{ dns: { minTtl: 2m } }', '{ dns: { name: a, port: 1 } }'), /minTtl \(2m\) must not be more than maxTtl/],
  [
    'a name server without a port',
    discovering('{ dns: { servers: ["10.0.0.1"] } }', '{ dns: { name: a, port: 1 } }'),
    /name servers listen on port 53/
  ],
  [
    'a ca file that cannot be read',
    discovering('{ consul: { tls: { caFile: nowhere.pem } } }', '{ consul: { service: a } }'),
    /discovery\.consul\.tls\.caFile.*cannot read/s
  ],
  ['an interval of nothing', discovering('{ eureka: { address: "http://e/x", interval: 0s } }', '{ eureka: { app: a } }'), /must be more than 0/]
]

for (const [what, text, expected] of mistakes) {
  t.test(`${what} is told with its place`, (t) => {
    const compiled = compileText({
      file: 'x.yaml',
      text,
      env: {},
      builtins: [],
      readFile: () => {
        throw new Error('no files')
      }
    })
    const said = compiled.issues.map(({ line, column, path, message, hint }) => `${line}:${column} ${path} ${message} ${hint ?? ''}`).join('\n')
    t.match(said, expected)
    t.match(said, /^[2-9]\d*:\d+ /)
    t.equal(compiled.ok, false)
    t.end()
  })
}
