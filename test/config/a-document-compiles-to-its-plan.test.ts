import t from 'tap'
import { planOf, VALID } from './fixtures.ts'

const PEM = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n'
const KEY = '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n'

/** What an upstream gets of whose engine nothing was written. */
const ENGINE = {
  discovery: null,
  hashOn: { kind: 'client-ip' },
  sticky: null,
  panicThreshold: 0.1,
  healthCheck: null,
  outlier: {
    consecutiveFailures: 5,
    failureRatio: null,
    minimumRequests: 20,
    windowMs: 10_000,
    ejectMs: 10_000,
    maxEjectMs: 300_000,
    maxEjectedRatio: 0.67
  },
  breaker: null,
  bulkhead: null,
  retry: {
    attempts: 1,
    onConnectFailure: true,
    onReset: true,
    onTimeout: false,
    onStatus: new Set(),
    methods: new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']),
    idempotencyHeader: null,
    backoffBaseMs: 25,
    backoffMaxMs: 250,
    budget: { ratio: 0.2, minPerSecond: 3, windowMs: 10_000 },
    maxBodyBytes: 65_536
  },
  hedge: null,
  fallback: null,
  websocket: { idleMs: 3_600_000, maxAgeMs: null, maxConnections: null }
}

t.test('a small document gets every default', (t) => {
  const { hash: _, redacted: __, discovery: ___, ...plan } = planOf(VALID)
  t.strictSame(plan, {
    listeners: [{ host: '0.0.0.0', port: 8080, name: '0.0.0.0:8080', tls: null, http2: false }],
    admin: { host: '127.0.0.1', port: 9901 },
    trustedProxies: [],
    limits: {
      maxHeaderBytes: 16_384,
      maxHeaderCount: 100,
      maxUrlBytes: 8192,
      maxBodyBytes: 10_485_760,
      maxStreams: 100,
      maxConnections: null,
      maxConnectionsPerIp: null
    },
    clientTimeouts: {
      headersMs: 10_000,
      bodyIdleMs: 30_000,
      uploadRate: { bytesPerSecond: 240, graceMs: 5000, maxMs: 30_000 },
      downloadRate: { bytesPerSecond: 240, graceMs: 60_000, maxMs: 60_000 },
      keepAliveMs: 72_000
    },
    shutdown: { delayMs: 5000, drainMs: 30_000 },
    log: { level: 'info', access: true },
    zone: null,
    overload: null,
    workers: 1,
    redis: null,
    providers: {},
    consumers: [],
    upstreams: [
      {
        name: 'orders',
        endpoints: [{ origin: 'http://orders:3000', weight: 1, zone: null }],
        balancer: { algorithm: 'round-robin', slowStartMs: 0 },
        ...ENGINE,
        timeouts: { connectMs: 2000, responseMs: 60_000, perTryMs: null, totalMs: null, idleMs: 60_000, streamMs: 3_600_000, deadlineHeader: null },
        tls: null,
        hostHeader: { kind: 'upstream' }
      }
    ],
    routes: [
      {
        match: { id: 0, name: 'orders', path: { kind: 'pattern', pattern: '/orders' }, hosts: [], methods: [], headers: [], query: [], priority: 0 },
        upstream: 'orders',
        rewrite: null,
        breaker: null,
        bulkhead: null,
        allowEncodedSlash: false,
        bufferBytes: 65_536,
        authentication: { require: 'all', anonymous: null },
        plugins: []
      }
    ],
    unmatched: { plugins: [], authentication: { require: 'all', anonymous: null } }
  })
  t.end()
})

t.test('everything that can be written is read', (t) => {
  const plan = planOf(
    `version: 1
listeners: [{ address: ":80" }, { address: "[::1]:81" }, { address: "localhost:0" }]
admin: {}
trustedProxies: [10.0.0.0/8, "::1"]
upstreams:
  a:
    endpoints: [{ url: "HTTPS://A:443/" }, { url: "https://[::1]:8443", weight: 3 }]
    tls: { caFile: ca, certFile: cert, keyFile: key, serverName: x }
    hostHeader: shop.example:8080
    timeouts: { connect: 250ms, response: 1.5s, idle: 1m }
routes:
  - name: a
    match:
      pathRegex: "/v[0-9]/.*"
      methods: [get, POST, GET]
      hosts: [API.Example, "*.shop.example"]
      headers: { X-A: v, x-b: { regex: "a+" }, x-c: { present: true }, x-d: { present: false } }
      query: { Q: "1" }
    upstream: a
    rewrite: { replacePrefix: { from: /v1/, to: / } }
    priority: 5
    allowEncodedSlash: true
`,
    { files: { ca: PEM, cert: PEM, key: KEY } }
  )
  t.strictSame(
    plan.listeners.map(({ name }) => name),
    ['0.0.0.0:80', '[::1]:81', 'localhost:0']
  )
  t.strictSame(plan.admin, { host: '127.0.0.1', port: 9901 })
  t.strictSame(plan.upstreams, [
    {
      name: 'a',
      endpoints: [
        { origin: 'https://a', weight: 1, zone: null },
        { origin: 'https://[::1]:8443', weight: 3, zone: null }
      ],
      balancer: { algorithm: 'weighted-round-robin', slowStartMs: 0 },
      ...ENGINE,
      timeouts: { connectMs: 250, responseMs: 1500, perTryMs: null, totalMs: null, idleMs: 60_000, streamMs: 3_600_000, deadlineHeader: null },
      tls: { caPem: PEM, certPem: PEM, keyPem: KEY, serverName: 'x', insecureSkipVerify: false },
      hostHeader: { kind: 'fixed', name: 'shop.example:8080' }
    }
  ])
  const [route] = plan.routes
  t.strictSame(route?.match, {
    id: 0,
    name: 'a',
    path: { kind: 'regex', source: '/v[0-9]/.*' },
    hosts: ['api.example', '*.shop.example'],
    methods: ['GET', 'POST'],
    headers: [
      { kind: 'equals', name: 'x-a', value: 'v' },
      { kind: 'regex', name: 'x-b', source: 'a+' },
      { kind: 'present', name: 'x-c' },
      { kind: 'absent', name: 'x-d' }
    ],
    query: [{ kind: 'equals', name: 'Q', value: '1' }],
    priority: 5
  })
  t.strictSame(route?.rewrite, { kind: 'replace-prefix', prefix: '/v1', replacement: '' })
  t.equal(route?.allowEncodedSlash, true)
  t.end()
})

t.test('anchors, aliases and merge keys are resolved', (t) => {
  const plan = planOf(`version: 1
upstreams:
  a: &a { endpoints: [http://a], timeouts: { connect: 1s } }
  b: { <<: *a, endpoints: [http://b] }
routes:
  - { name: a, match: { path: /a }, upstream: a }
  - { name: b, match: { path: /b }, upstream: b }
`)
  t.strictSame(
    plan.upstreams.map(({ endpoints, timeouts }) => [endpoints[0]?.origin, timeouts.connectMs]),
    [
      ['http://a', 1000],
      ['http://b', 1000]
    ]
  )
  t.end()
})
