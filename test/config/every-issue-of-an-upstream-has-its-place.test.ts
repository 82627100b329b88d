import t from 'tap'
import { briefOf, document } from './fixtures.ts'

const ROUTE = '{ name: a, match: { path: /a }, upstream: orders }'

/** [what is wrong, keys of the upstream `orders`, which begin at 3:13, the problems, their paths below the upstream] */
const CASES: readonly (readonly [string, string, ...string[]])[] = [
  [
    'weights that nobody looks at',
    'loadBalancing: { algorithm: round-robin }, endpoints: [http://a, { url: http://b, weight: 2 }]',
    '3:41 without-effect loadBalancing.algorithm'
  ],
  ['a zone for nobody', 'endpoints: [{ url: http://a, zone: x }]', '3:13 without-effect endpoints'],
  ['a hash for nobody', 'loadBalancing: { hashOn: consumer }', '3:30 without-effect loadBalancing.hashOn'],
  ['a parameter for nobody', 'loadBalancing: { hashOn: { param: id } }', '3:30 without-effect loadBalancing.hashOn'],
  ['a hash of nothing known', 'loadBalancing: { algorithm: consistent-hash, hashOn: user }', '3:66 wrong-type loadBalancing.hashOn'],
  [
    'a hash of a header with a bad name',
    'loadBalancing: { algorithm: consistent-hash, hashOn: { header: a b } }',
    '3:76 bad-format loadBalancing.hashOn.header'
  ],
  [
    'a hash of a parameter that the route does not have',
    'loadBalancing: { algorithm: consistent-hash, hashOn: { param: id } }',
    '3:75 unknown-param loadBalancing.hashOn.param'
  ],
  ['a slow start that is not used', 'loadBalancing: { algorithm: round-robin, slowStart: 1s }', '3:54 without-effect loadBalancing.slowStart'],
  ['a threshold that is no share', 'loadBalancing: { panicThreshold: 10 }', '3:46 bad-ratio loadBalancing.panicThreshold'],
  ['a cookie with a bad name', 'loadBalancing: { sticky: { cookie: a=b } }', '3:48 bad-format loadBalancing.sticky.cookie'],
  ['a cookie with a bad path', 'loadBalancing: { sticky: { path: "/;a" } }', '3:46 bad-format loadBalancing.sticky.path'],
  ['a cookie that is gone at once', 'loadBalancing: { sticky: { maxAge: 0s } }', '3:48 out-of-range loadBalancing.sticky.maxAge'],
  ['a cookie across sites', 'loadBalancing: { sticky: { sameSite: none } }', '3:50 insecure-cookie loadBalancing.sticky.sameSite'],
  ['a cookie that must be secure', 'loadBalancing: { sticky: { cookie: __Host-a } }', '3:48 insecure-cookie loadBalancing.sticky.cookie'],
  ['a check of nothing', 'healthCheck: {}', '3:13 exactly-one healthCheck'],
  ['a check of both kinds', 'healthCheck: { path: /a, tcp: true }', '3:13 exactly-one healthCheck'],
  ['a check with a bad path', 'healthCheck: { path: health }', '3:34 bad-format healthCheck.path'],
  ['a body of a connection', 'healthCheck: { tcp: true, bodyIncludes: ok }', '3:39 without-effect healthCheck.bodyIncludes'],
  ['a body of a HEAD', 'healthCheck: { path: /a, method: HEAD, bodyIncludes: ok }', '3:52 bad-body healthCheck.bodyIncludes'],
  ['a class of statuses', 'healthCheck: { path: /a, status: [2xx] }', '3:47 bad-format healthCheck.status[0]'],
  ['a range that runs backwards', 'healthCheck: { path: /a, status: [299-200] }', '3:47 out-of-order healthCheck.status[0]'],
  ['a check of a bad Host', 'healthCheck: { path: /a, host: "*.a" }', '3:44 bad-host healthCheck.host'],
  ['a check that outlasts its interval', 'healthCheck: { path: /a, interval: 1s }', '3:13 out-of-order healthCheck.timeout'],
  ['checks all the time', 'healthCheck: { path: /a, interval: 0s }', '3:48 out-of-range healthCheck.interval'],
  ['checks that no timer can wait for', 'healthCheck: { path: /a, interval: 25d }', '3:48 out-of-range healthCheck.interval'],
  ['no rule to eject by', 'outlierDetection: { consecutiveFailures: off }', '3:13 never-trips outlierDetection'],
  ['nobody to eject', 'outlierDetection: { maxEjected: 0% }', '3:45 without-effect outlierDetection.maxEjected'],
  ['a longest ejection that is shorter', 'outlierDetection: { maxEjectFor: 1s }', '3:46 out-of-order outlierDetection.maxEjectFor'],
  ['a breaker that cannot open', 'circuitBreaker: { failureRatio: off }', '3:13 never-trips circuitBreaker'],
  ['a breaker that always opens', 'circuitBreaker: { failureRatio: 0 }', '3:45 out-of-range circuitBreaker.failureRatio'],
  ['a breaker that opens for longer than its longest', 'circuitBreaker: { openFor: 2m }', '3:13 out-of-order circuitBreaker.maxOpenFor'],
  ['a breaker without a window', 'circuitBreaker: { window: 0s }', '3:39 out-of-range circuitBreaker.window'],
  ['a call that cannot be slow', 'circuitBreaker: { slowCall: 62s }', '3:41 without-effect circuitBreaker.slowCall'],
  ['a breaker that is on', 'circuitBreaker: true', '3:29 wrong-type circuitBreaker'],
  ['a bulkhead without a size', 'bulkhead: { adaptive: true }', '3:13 missing-key bulkhead'],
  [
    'a bulkhead that starts past its end',
    'bulkhead: { maxConcurrent: 2, adaptive: { initialConcurrent: 3 } }',
    '3:74 out-of-order bulkhead.adaptive.initialConcurrent'
  ],
  [
    'a bulkhead that starts before its begin',
    'bulkhead: { maxConcurrent: 9, adaptive: { minConcurrent: 4, initialConcurrent: 3 } }',
    '3:92 out-of-order bulkhead.adaptive.initialConcurrent'
  ],
  ['retry: true', 'retry: true', '3:20 wrong-type retry'],
  ['a retry of nothing known', 'retry: { on: [refused] }', '3:27 bad-format retry.on[0]'],
  ['a retry of a success', 'retry: { on: [200] }', '3:27 out-of-range retry.on[0]'],
  ['a retry of a client error', 'retry: { on: ["404", 429] }', '3:27 useless-retry retry.on[0]'],
  ['a retry of nothing', 'retry: { on: [] }', '3:22 without-effect retry.on'],
  ['a retry that may do its work twice', 'retry: { methods: [GET, post] }', '3:37 unsafe-retry retry.methods[1]'],
  ['a retry of an unknown method', 'retry: { methods: [GTE] }', '3:32 bad-method retry.methods[0]'],
  ['a retry with a bad key', 'retry: { idempotencyKey: a b }', '3:38 bad-format retry.idempotencyKey'],
  ['a pause that is longer than the longest', 'retry: { backoff: { base: 1s } }', '3:22 out-of-order retry.backoff.max'],
  ['a budget that is no share', 'retry: { budget: 20 }', '3:30 bad-ratio retry.budget'],
  ['an empty budget', 'retry: { budget: { ratio: 0, minPerSecond: 0 } }', '3:22 without-effect retry.budget'],
  ['a hedge without unit', 'hedge: 200', '3:20 bad-duration hedge'],
  ['a hedge at once', 'hedge: 0s', '3:20 out-of-range hedge'],
  ['a hedge that comes too late', 'hedge: { after: 1s }, timeouts: { total: 1s }', '3:29 without-effect hedge.after'],
  ['a fallback to nothing', 'fallback: {}', '3:13 exactly-one fallback'],
  ['a fallback to both', 'fallback: { status: 503, upstream: orders }', '3:13 exactly-one fallback', '3:48 dangling-reference fallback.upstream'],
  ['a fallback to itself', 'fallback: { upstream: orders }', '3:35 dangling-reference fallback.upstream'],
  ['a fallback to an unknown upstream', 'fallback: { upstream: order }', '3:35 dangling-reference fallback.upstream'],
  [
    'a fallback with a body for nobody',
    'fallback: { upstream: x, body: "" }',
    '3:35 dangling-reference fallback.upstream',
    '3:38 without-effect fallback.body'
  ],
  ['a fallback on nothing known', 'fallback: { status: 503, on: [opn] }', '3:43 not-allowed fallback.on[0]'],
  ['a fallback on statuses that are none', 'fallback: { status: 503, on: [status] }', '3:43 without-effect fallback.on[0]'],
  ['a fallback without room for its body', 'fallback: { status: 204, body: x }', '3:38 bad-body fallback.body'],
  ['a fallback with a bad header name', 'fallback: { status: 503, headers: { "a b": x } }', '3:49 bad-header-name fallback.headers["a b"]'],
  ['a fallback that frames itself', 'fallback: { status: 503, headers: { Connection: close } }', '3:49 bad-header-name fallback.headers.Connection'],
  ['a fallback with a field twice', 'fallback: { status: 503, headers: { a: x, A: y } }', '3:55 duplicate-key fallback.headers.A'],
  ['a fallback with a line end', 'fallback: { status: 503, headers: { a: "x\\ny" } }', '3:52 bad-header-value fallback.headers.a'],
  ['a try that is longer than all', 'timeouts: { perTry: 2s, total: 1s }', '3:44 out-of-order timeouts.total'],
  ['no room for a retry', 'timeouts: { perTry: 1s, total: 1s }, retry: {}', '3:33 no-room-for-retry timeouts.perTry'],
  ['a total of nothing', 'timeouts: { total: 0s }', '3:32 out-of-range timeouts.total'],
  ['a stream that may never be silent', 'timeouts: { stream: 0s }', '3:33 out-of-range timeouts.stream'],
  ['a WebSocket that may never be silent', 'websocket: { idle: 0s }', '3:32 out-of-range websocket.idle'],
  ['a WebSocket that ends at once', 'websocket: { maxAge: 0s }', '3:34 out-of-range websocket.maxAge'],
  ['a deadline in a field of our own', 'timeouts: { deadlineHeader: Host }', '3:41 bad-header-name timeouts.deadlineHeader']
]

for (const [name, keys, ...problems] of CASES) {
  t.test(name, (t) => {
    const endpoints = keys.includes('endpoints') ? '' : ', endpoints: [http://a]'
    const expected = problems.map((problem) => problem.replace(/^(\S+ \S+) /, '$1 upstreams.orders.'))
    t.strictSame(briefOf(document(ROUTE, `{ ${keys}${endpoints} }`)), expected)
    t.end()
  })
}
