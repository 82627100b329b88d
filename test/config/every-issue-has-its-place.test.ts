import t from 'tap'
import { briefOf, document, VALID, withRoute, withTop } from './fixtures.ts'

const route = 'name: a, match: { path: /a }, upstream: orders'

/** [what is wrong, the document, the problems] */
const CASES: readonly (readonly [string, string, ...string[]])[] = [
  ['an empty file', '', '1:1 empty-file'],
  ['a file of comments', '# nothing\n', '1:1 empty-file'],
  ['no map', '[a]', '1:1 wrong-type'],
  ['two documents', `${VALID}---\n${VALID}`, '9:1 multiple-documents'],
  ['a duplicate key', `version: 1\n${VALID}`, '2:1 duplicate-key'],
  ['a tab', `version: 1\nadmin:\n\taddress: ":1"\n`, '3:1 syntax'],
  ['an unknown tag', withTop('admin: !x false'), '2:8 unknown-tag'],
  ['an unknown alias', withTop('admin: *x'), '2:8 unknown-alias'],
  ['an alias in itself', withTop('trustedProxies: &x [*x]'), '2:21 unknown-alias'],
  ['a key that is no text', withTop('? [a]\n: 1'), '2:3 bad-key'],
  ['a forbidden key', withTop('__proto__: {}'), '2:1 unknown-key'],
  ['a missing variable', withTop('admin: { address: "x${NOPE}" }'), '2:21 missing-variable admin.address'],
  ['an unreadable file', withTop('admin: { address: "${file:nope}" }'), '2:20 unreadable-file admin.address'],
  ['a bad placeholder', withTop('admin: { address: "${no pe}" }'), '2:20 bad-placeholder admin.address'],
  ['an open placeholder', withTop('admin: { address: "${NOPE" }'), '2:20 bad-placeholder admin.address'],
  ['a missing version', VALID.replace('version: 1\n', ''), '1:1 missing-key'],
  ['a wrong version', VALID.replace('1', '"1"'), '1:10 wrong-type version'],
  ['an unknown key', withTop('limit: {}'), '2:1 unknown-key limit'],
  ['a list instead of a map', withTop('limits: []'), '2:9 wrong-type limits'],
  ['nothing instead of a map', withTop('limits:'), '2:1 wrong-type limits'],
  ['a text for a number', withTop('limits: { headerCount: many }'), '2:24 wrong-type limits.headerCount'],
  ['a fraction for an integer', withTop('limits: { headerCount: 1.5 }'), '2:24 wrong-type limits.headerCount'],
  ['a number out of range', withTop('limits: { headerCount: 0 }'), '2:24 out-of-range limits.headerCount'],
  ['a duration without unit', withTop('shutdown: { delay: 5 }'), '2:20 bad-duration shutdown.delay'],
  ['a duration with a wrong unit', withTop('shutdown: { delay: 5sec }'), '2:20 bad-duration shutdown.delay'],
  ['a size without unit', withTop('limits: { url: "5" }'), '2:16 bad-size limits.url'],
  ['a wrong log level', withTop('telemetry: { log: { level: inf } }'), '2:28 not-allowed telemetry.log.level'],
  ['admin: true', withTop('admin: true'), '2:8 wrong-type admin'],
  ['no listener', withTop('listeners: []'), '2:12 too-few listeners'],
  ['an address without port', withTop('listeners: [{ address: localhost }]'), '2:24 bad-address listeners[0].address'],
  ['a port that is too large', withTop('listeners: [{ address: ":65536" }]'), '2:24 bad-address listeners[0].address'],
  ['an IPv6 address without brackets', withTop('listeners: [{ address: "::1:8080" }]'), '2:24 bad-address listeners[0].address'],
  ['two listeners on one port', withTop('listeners: [{ address: ":1" }, { address: "[::1]:1" }]'), '2:43 listener-clash listeners[1].address'],
  ['the admin port on a listener', withTop('admin: { address: ":8080" }\nlisteners: [{ address: ":8080" }]'), '2:19 listener-clash admin.address'],
  ['a bad CIDR block', withTop('trustedProxies: [10.0.0.0/33, "::/0", nope]'), '2:18 bad-cidr trustedProxies[0]', '2:39 bad-cidr trustedProxies[2]'],
  ['no endpoints', document(`{ ${route} }`, '{ endpoints: [] }'), '3:24 too-few upstreams.orders.endpoints'],
  ['a missing endpoints key', document(`{ ${route} }`, '{}'), '3:3 exactly-one upstreams.orders'],
  ['an ftp endpoint', document(`{ ${route} }`, '{ endpoints: [ftp://a] }'), '3:25 bad-endpoint upstreams.orders.endpoints[0]'],
  ['an endpoint with a password', document(`{ ${route} }`, '{ endpoints: ["http://u:p@a"] }'), '3:25 bad-endpoint upstreams.orders.endpoints[0]'],
  ['an endpoint with a query', document(`{ ${route} }`, '{ endpoints: ["http://a?x"] }'), '3:25 bad-endpoint upstreams.orders.endpoints[0]'],
  ['an endpoint without scheme', document(`{ ${route} }`, '{ endpoints: ["a:80"] }'), '3:25 bad-endpoint upstreams.orders.endpoints[0]'],
  [
    'an endpoint twice',
    document(`{ ${route} }`, '{ endpoints: [http://a, "http://a:80/"] }'),
    '3:35 duplicate-endpoint upstreams.orders.endpoints[1]'
  ],
  ['an endpoint that is a number', document(`{ ${route} }`, '{ endpoints: [80] }'), '3:25 wrong-type upstreams.orders.endpoints[0]'],
  [
    'an unknown key of an endpoint',
    document(`{ ${route} }`, '{ endpoints: [{ uri: http://a }] }'),
    '3:27 unknown-key upstreams.orders.endpoints[0].uri'
  ],
  ['only zero weights', document(`{ ${route} }`, '{ endpoints: [{ url: http://a, weight: 0 }] }'), '3:24 weights-zero upstreams.orders.endpoints'],
  [
    'a negative weight',
    document(`{ ${route} }`, '{ endpoints: [{ url: http://a, weight: -1 }] }'),
    '3:50 out-of-range upstreams.orders.endpoints[0].weight'
  ],
  [
    'an unknown algorithm',
    document(`{ ${route} }`, '{ endpoints: [http://a], loadBalancing: { algorithm: randomly } }'),
    '3:64 not-allowed upstreams.orders.loadBalancing.algorithm'
  ],
  ['overload without a rule', withTop('overload: { eventLoopDelay: off, eventLoopUtilization: off }'), '2:1 without-effect overload'],
  ['overload at no delay', withTop('overload: { eventLoopDelay: 0s }'), '2:29 out-of-range overload.eventLoopDelay'],
  ['overload at no utilization', withTop('overload: { eventLoopUtilization: 0% }'), '2:35 out-of-range overload.eventLoopUtilization'],
  ['a breaker of a route that cannot open', withRoute('    circuitBreaker: { failureRatio: off }'), '9:5 never-trips routes[0].circuitBreaker'],
  ['a bulkhead of a route without a size', withRoute('    bulkhead: {}'), '9:5 missing-key routes[0].bulkhead'],
  ['a bad Host', document(`{ ${route} }`, '{ endpoints: [http://a], hostHeader: "a b" }'), '3:48 bad-host upstreams.orders.hostHeader'],
  [
    'a bad name of an upstream',
    VALID.replaceAll('orders:', 'Orders:').replace('upstream: orders', 'upstream: Orders').replace('http://Orders', 'http://orders'),
    '3:3 bad-format upstreams.Orders'
  ],
  ['an unused upstream', VALID.replace('routes:', '  other: { endpoints: [http://b] }\nroutes:'), '5:3 unused-upstream upstreams.other'],
  ['no routes', 'version: 1\nroutes: []\n', '2:1 no-routes routes'],
  ['no routes key', 'version: 1\n', '1:1 no-routes routes'],
  ['a bad route name', document('{ name: A b, match: { path: /a }, upstream: orders }'), '5:13 bad-format routes[0].name'],
  ['a route name twice', document(`{ ${route} }\n  - { name: a, match: { path: /b }, upstream: orders }`), '6:13 duplicate-name routes[1].name'],
  ['no path', document('{ name: a, match: {}, upstream: orders }'), '5:16 exactly-one routes[0].match'],
  ['a path and a regex', document('{ name: a, match: { path: /a, pathRegex: /b }, upstream: orders }'), '5:16 exactly-one routes[0].match'],
  ['a bad path', document('{ name: a, match: { path: a }, upstream: orders }'), '5:31 bad-path routes[0].match.path'],
  ['a bad path regex', document('{ name: a, match: { pathRegex: "/(" }, upstream: orders }'), '5:36 bad-regex routes[0].match.pathRegex'],
  ['an unsafe path regex', document('{ name: a, match: { pathRegex: "/(a+)+b" }, upstream: orders }'), '5:36 unsafe-regex routes[0].match.pathRegex'],
  ['a bad host', document('{ name: a, match: { path: /a, hosts: ["a:80"] }, upstream: orders }'), '5:43 bad-host routes[0].match.hosts[0]'],
  ['an unknown method', document('{ name: a, match: { path: /a, methods: [GTE] }, upstream: orders }'), '5:45 bad-method routes[0].match.methods[0]'],
  [
    'CONNECT and TRACE',
    document('{ name: a, match: { path: /a, methods: [CONNECT, trace] }, upstream: orders }'),
    '5:45 bad-method routes[0].match.methods[0]',
    '5:54 bad-method routes[0].match.methods[1]'
  ],
  [
    'a bad header name',
    document('{ name: a, match: { path: /a, headers: { "x y": a } }, upstream: orders }'),
    '5:46 bad-header-name routes[0].match.headers["x y"]'
  ],
  [
    'a bad header regex',
    document('{ name: a, match: { path: /a, headers: { x: { regex: "(" } } }, upstream: orders }'),
    '5:58 bad-regex routes[0].match.headers.x.regex'
  ],
  [
    'two tests of one header',
    document('{ name: a, match: { path: /a, headers: { x: { regex: a, present: true } } }, upstream: orders }'),
    '5:49 exactly-one routes[0].match.headers.x'
  ],
  ['an empty test', document('{ name: a, match: { path: /a, query: { x: {} } }, upstream: orders }'), '5:47 exactly-one routes[0].match.query.x'],
  [
    'an unknown test',
    document('{ name: a, match: { path: /a, query: { x: { exists: true } } }, upstream: orders }'),
    '5:49 unknown-key routes[0].match.query.x.exists'
  ],
  ['a dangling upstream', document('{ name: a, match: { path: /a }, upstream: order }'), '5:47 dangling-reference routes[0].upstream'],
  ['a tie', document(`{ ${route} }\n  - { name: b, match: { path: /a }, upstream: orders }`), '6:16 route-tie routes[1].match'],
  [
    'an unreachable route',
    document(`{ ${route}, priority: 1 }\n  - { name: b, match: { path: /a }, upstream: orders }`),
    '6:16 route-unreachable routes[1].match'
  ],
  ['two rewrites', withRoute('    rewrite: { stripPrefix: /orders, regex: { match: a, replace: b } }'), '9:14 exactly-one routes[0].rewrite'],
  [
    'a prefix that the route does not have',
    withRoute('    rewrite: { stripPrefix: /api }'),
    '9:29 rewrite-never-applies routes[0].rewrite.stripPrefix'
  ],
  [
    'a prefix that ends inside a segment',
    withRoute('    rewrite: { stripPrefix: /ord }'),
    '9:29 rewrite-never-applies routes[0].rewrite.stripPrefix'
  ],
  ['a prefix with a parameter', withRoute('    rewrite: { stripPrefix: "/:id" }'), '9:29 bad-path routes[0].rewrite.stripPrefix'],
  ['a bad rewrite regex', withRoute('    rewrite: { regex: { match: "(", replace: "" } }'), '9:32 bad-regex routes[0].rewrite.regex.match'],
  ['an unknown group', withRoute('    rewrite: { regex: { match: "(a)", replace: "$2" } }'), '9:48 unknown-group routes[0].rewrite.regex.replace'],
  ['an unknown plugin', withRoute('    plugins: { jwtt: {} }'), '9:16 unknown-plugin routes[0].plugins.jwtt'],
  ['an unknown key of a plugin', withRoute('    plugins: { jwt: { secrt: x } }'), '9:23 unknown-key routes[0].plugins.jwt.secrt'],
  ['a plugin that is true', withRoute('    plugins: { jwt: true }'), '9:21 wrong-type routes[0].plugins.jwt'],
  ['both forms', withRoute('    plugins: { x: { use: a, fastify: b } }'), '9:16 plugin-forms routes[0].plugins.x'],
  ['a built-in with a form', withRoute('    plugins: { jwt: { use: a } }'), '9:23 plugin-forms routes[0].plugins.jwt.use'],
  ['a plugin that was not loaded', withRoute('    plugins: { x: { use: ./x.ts } }'), '9:26 plugin-load routes[0].plugins.x.use'],
  ['a bad phase', withRoute('    plugins: { x: { fastify: x, phase: late } }'), '9:40 not-allowed routes[0].plugins.x.phase'],
  ['a plugin out of its scope', withRoute('    plugins: { global-only: {} }'), '9:16 plugin-scope routes[0].plugins.global-only'],
  ['what a plugin itself objects to', withTop('plugins: { jwt: { optional: true } }'), '2:29 plugin-check plugins.jwt.optional'],
  ['nothing to turn off', withRoute('    plugins: { jwt: false }'), '9:16 nothing-to-turn-off routes[0].plugins.jwt'],
  ['a dangling provider', withRoute('    plugins: { jwt: { provider: shop } }'), '9:33 dangling-reference routes[0].plugins.jwt.provider'],
  ['a bad provider', withTop('providers: { shop: {} }'), '2:14 missing-key providers.shop'],
  ['a provider of an unknown plugin', withTop('providers: { shop: { type: jwk } }'), '2:28 dangling-reference providers.shop.type'],
  ['a fixed value or a map', withRoute('    plugins: { limit: { limit: 1, by: user } }'), '9:39 wrong-type routes[0].plugins.limit.by'],
  [
    'a map of no known kind',
    withRoute('    plugins: { limit: { limit: 1, by: { hedder: x } } }'),
    '9:41 unknown-key routes[0].plugins.limit.by.hedder'
  ],
  [
    'a known kind with a wrong value',
    withRoute('    plugins: { limit: { limit: 1, by: { claim: 5 } } }'),
    '9:48 wrong-type routes[0].plugins.limit.by.claim'
  ]
]

for (const [name, text, ...expected] of CASES) {
  t.test(name, (t) => {
    t.strictSame(briefOf(text), expected)
    t.end()
  })
}
