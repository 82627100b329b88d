import t from 'tap'
import { briefOf, compileYaml, document, planOf, withRoute, withTop } from './fixtures.ts'
import type { UpstreamPlan } from '../../src/config/plan.ts'

const ROUTE = '{ name: a, match: { path: /a }, upstream: orders }'

/** The plan of an upstream with more keys, which must be right. */
function upstreamWith(keys: string, endpoints = '[http://orders:3000]'): UpstreamPlan {
  const [upstream] = planOf(document(ROUTE, `{ endpoints: ${endpoints}, ${keys} }`)).upstreams
  if (upstream === undefined) throw new Error('there is no upstream')
  return upstream
}

t.test('an algorithm is chosen when none is named', (t) => {
  const uneven = '[http://a, { url: http://b, weight: 2 }]'
  t.strictSame(upstreamWith('loadBalancing: {}').balancer, { algorithm: 'round-robin', slowStartMs: 0 })
  t.strictSame(upstreamWith('loadBalancing: {}', uneven).balancer, { algorithm: 'weighted-round-robin', slowStartMs: 0 })
  t.strictSame(upstreamWith('loadBalancing: { slowStart: 30s }').balancer, { algorithm: 'weighted-round-robin', slowStartMs: 30_000 })
  t.strictSame(upstreamWith('loadBalancing: { algorithm: random, slowStart: 1s }', uneven).balancer, { algorithm: 'random', slowStartMs: 1000 })
  t.end()
})

t.test('weights are no slip where they count, nor where only some endpoints rest', (t) => {
  const keys = (algorithm: string, weight: number): string =>
    `{ endpoints: [http://a, { url: http://b, weight: ${weight} }], loadBalancing: { algorithm: ${algorithm} } }`
  t.strictSame(briefOf(document(ROUTE, keys('ip-hash', 2))), [])
  t.strictSame(briefOf(document(ROUTE, keys('round-robin', 0))), [])
  t.end()
})

t.test('what just fits draws no warning', (t) => {
  const fitting = [
    'circuitBreaker: { slowCall: 61s }',
    'circuitBreaker: { openFor: 1m }',
    'hedge: 61s',
    'hedge: 999ms, timeouts: { perTry: 1s }',
    'retry: {}, timeouts: { perTry: 999ms, total: 1s }',
    'retry: { on: [reset] }, timeouts: { perTry: 1s, total: 1s }',
    'timeouts: { perTry: 1s, total: 1s }',
    'healthCheck: { path: /a, interval: 2s }',
    'bulkhead: { maxConcurrent: 4, adaptive: { minConcurrent: 4, initialConcurrent: 4 } }'
  ]
  for (const keys of fitting) t.strictSame(briefOf(document(ROUTE, `{ endpoints: [http://a], ${keys} }`)), [], keys)
  t.end()
})

t.test('what is hashed', (t) => {
  const hashOn = (text: string) => upstreamWith(`loadBalancing: { algorithm: consistent-hash, hashOn: ${text} }`).hashOn
  t.strictSame(hashOn('client-ip'), { kind: 'client-ip' })
  t.strictSame(hashOn('consumer'), { kind: 'consumer' })
  t.strictSame(hashOn('{ header: X-User }'), { kind: 'header', name: 'x-user' })
  t.strictSame(hashOn('{ cookie: Sid }'), { kind: 'cookie', name: 'Sid' })
  t.strictSame(hashOn('{ param: Id }'), { kind: 'param', name: 'Id' })
  t.end()
})

t.test('a sticky cookie, with its defaults and without', (t) => {
  const session = { cookie: 'sallyport-endpoint', maxAgeSeconds: null, sameSite: 'Lax', secure: false, path: '/' }
  t.strictSame(upstreamWith('loadBalancing: { sticky: {} }').sticky, session)
  t.strictSame(upstreamWith('loadBalancing: { sticky: { cookie: x, maxAge: 1500ms, sameSite: none, secure: true, path: /a } }').sticky, {
    cookie: 'x',
    maxAgeSeconds: 2,
    sameSite: 'None',
    secure: true,
    path: '/a'
  })
  t.end()
})

t.test('zones; one that the surroundings leave empty is none', (t) => {
  const text = `zone: "\${ZONE:-}"\n${document(ROUTE, '{ endpoints: [http://a, { url: http://b, zone: eu-2 }], loadBalancing: { panicThreshold: 0.5 } }')}`
  const plan = planOf(text, { env: { ZONE: 'eu-1' } })
  t.equal(plan.zone, 'eu-1')
  t.equal(planOf(text).zone, null)
  t.strictSame(briefOf(text), [])
  t.equal(plan.upstreams[0]?.panicThreshold, 0.5)
  t.strictSame(
    plan.upstreams[0]?.endpoints.map(({ zone }) => zone),
    [null, 'eu-2']
  )
  t.end()
})

t.test('active checks over HTTP and TCP', (t) => {
  t.strictSame(upstreamWith('healthCheck: { path: /health }').healthCheck, {
    kind: 'http',
    method: 'GET',
    path: '/health',
    statuses: [[200, 299]],
    bodyIncludes: null,
    host: null,
    intervalMs: 10_000,
    jitter: 0.1,
    timeoutMs: 2000,
    unhealthyAfter: 3,
    healthyAfter: 2
  })
  const written = 'path: "/h?x=1", status: [204, "300", "200-201"], bodyIncludes: ok, host: a.example:80, interval: 1m, jitter: 0, timeout: 1m'
  t.strictSame(upstreamWith(`healthCheck: { ${written}, unhealthyAfter: 1, healthyAfter: 1 }`).healthCheck, {
    kind: 'http',
    method: 'GET',
    path: '/h?x=1',
    statuses: [
      [204, 204],
      [300, 300],
      [200, 201]
    ],
    bodyIncludes: 'ok',
    host: 'a.example:80',
    intervalMs: 60_000,
    jitter: 0,
    timeoutMs: 60_000,
    unhealthyAfter: 1,
    healthyAfter: 1
  })
  t.equal(upstreamWith('healthCheck: { tcp: true }').healthCheck?.kind, 'tcp')
  t.equal(upstreamWith('healthCheck: { tcp: false, path: /, method: HEAD }').healthCheck?.method, 'HEAD')
  t.end()
})

t.test('outlier detection', (t) => {
  const defaults = {
    consecutiveFailures: 5,
    failureRatio: null,
    minimumRequests: 20,
    windowMs: 10_000,
    ejectMs: 10_000,
    maxEjectMs: 300_000,
    maxEjectedRatio: 0.67
  }
  t.strictSame(upstreamWith('outlierDetection: {}').outlier, defaults)
  t.strictSame(upstreamWith('timeouts: {}').outlier, defaults, 'without the key, too')
  t.equal(upstreamWith('outlierDetection: false').outlier, null)
  for (const off of ['off', 'false']) {
    const written = `outlierDetection: { consecutiveFailures: ${off}, failureRatio: 25%, maxEjected: 1 }`
    t.strictSame(upstreamWith(written).outlier, { ...defaults, consecutiveFailures: null, failureRatio: 0.25, maxEjectedRatio: 1 }, off)
  }
  t.end()
})

t.test('a circuit breaker, in an upstream and in a route', (t) => {
  const defaults = {
    windowMs: 10_000,
    minimumRequests: 20,
    failureRatio: 0.5,
    slowCallMs: null,
    slowCallRatio: 0.5,
    consecutiveFailures: null,
    openMs: 5000,
    maxOpenMs: 60_000,
    jitter: 0.1,
    halfOpenRequests: 5,
    halfOpenSuccesses: 5
  }
  t.strictSame(upstreamWith('circuitBreaker: {}').breaker, defaults)
  const written = 'failureRatio: off, slowCall: 2s, slowCallRatio: 80%, consecutiveFailures: 3, openFor: 1s, maxOpenFor: 1s, halfOpenRequests: 2'
  const expected = { ...defaults, failureRatio: null, slowCallMs: 2000, slowCallRatio: 0.8, consecutiveFailures: 3, openMs: 1000, maxOpenMs: 1000 }
  t.strictSame(upstreamWith(`circuitBreaker: { ${written}, jitter: 0% }`).breaker, {
    ...expected,
    jitter: 0,
    halfOpenRequests: 2,
    halfOpenSuccesses: 2
  })
  const [route] = planOf(withRoute('    circuitBreaker: { halfOpenSuccesses: 1 }\n    bulkhead: { maxConcurrent: 2 }')).routes
  t.strictSame(route?.breaker, { ...defaults, halfOpenSuccesses: 1 })
  t.strictSame(route?.bulkhead, { maxConcurrent: 2, maxQueued: 0, queueTimeoutMs: 1000, adaptive: null })
  t.end()
})

t.test('an adaptive bulkhead; its defaults stay within the limit that is written', (t) => {
  const adaptive = (text: string) => upstreamWith(`bulkhead: { ${text} }`).bulkhead?.adaptive
  t.strictSame(upstreamWith('bulkhead: { maxConcurrent: 9, maxQueued: 5, queueTimeout: 2s }').bulkhead, {
    maxConcurrent: 9,
    maxQueued: 5,
    queueTimeoutMs: 2000,
    adaptive: null
  })
  t.strictSame(adaptive('maxConcurrent: 100, adaptive: true'), { minConcurrent: 4, initialConcurrent: 20, tolerance: 1.5 })
  t.strictSame(adaptive('maxConcurrent: 100, adaptive: {}'), { minConcurrent: 4, initialConcurrent: 20, tolerance: 1.5 })
  t.strictSame(adaptive('maxConcurrent: 3, adaptive: true'), { minConcurrent: 3, initialConcurrent: 3, tolerance: 1.5 })
  t.strictSame(adaptive('maxConcurrent: 90, adaptive: { minConcurrent: 30 }'), { minConcurrent: 30, initialConcurrent: 30, tolerance: 1.5 })
  t.strictSame(adaptive('maxConcurrent: 90, adaptive: { initialConcurrent: 2, tolerance: 3 }'), {
    minConcurrent: 2,
    initialConcurrent: 2,
    tolerance: 3
  })
  t.end()
})

t.test('retries: absent, off, with defaults and written out', (t) => {
  const none = upstreamWith('retry: false').retry
  t.strictSame([none.attempts, none.onConnectFailure, none.onReset, none.onTimeout, none.onStatus.size], [0, false, false, false, 0])
  t.ok(none.methods.has('GET') && !none.methods.has('POST'), 'which the free retry on a dead kept-alive connection needs')
  t.strictSame(none.budget, { ratio: 0.2, minPerSecond: 3, windowMs: 10_000 }, 'which hedges need')
  const absent = upstreamWith('timeouts: {}').retry
  t.strictSame([absent.attempts, absent.onConnectFailure, absent.onReset, absent.onTimeout, [...absent.onStatus]], [1, true, true, false, []])
  const given = upstreamWith('retry: {}').retry
  t.strictSame([given.attempts, given.onConnectFailure, given.onReset, given.onTimeout, [...given.onStatus]], [2, true, true, true, [502, 503, 504]])
  t.equal(given.idempotencyHeader, null)
  const written =
    'attempts: 5, on: ["503", 429, reset], methods: [get], idempotencyKey: true, backoff: { base: 0s, max: 1s }, budget: 0.1, maxBody: 1KiB'
  t.strictSame(upstreamWith(`retry: { ${written} }`).retry, {
    attempts: 5,
    onConnectFailure: false,
    onReset: true,
    onTimeout: false,
    onStatus: new Set([503, 429]),
    methods: new Set(['GET']),
    idempotencyHeader: 'idempotency-key',
    backoffBaseMs: 0,
    backoffMaxMs: 1000,
    budget: { ratio: 0.1, minPerSecond: 3, windowMs: 10_000 },
    maxBodyBytes: 1024
  })
  const other = upstreamWith('retry: { idempotencyKey: X-Once, budget: { minPerSecond: 0.5, window: 1m } }').retry
  t.equal(other.idempotencyHeader, 'x-once')
  t.strictSame(other.budget, { ratio: 0.2, minPerSecond: 0.5, windowMs: 60_000 })
  t.end()
})

t.test('a hedge, short and long', (t) => {
  t.strictSame(upstreamWith('hedge: 200ms').hedge, { afterMs: 200 })
  t.strictSame(upstreamWith('hedge: { after: 1s }').hedge, { afterMs: 1000 })
  t.end()
})

t.test('a fallback has its body as text and the type that fits it', (t) => {
  const answer = (text: string) => upstreamWith(`fallback: { ${text} }`).fallback?.answer
  const json = ['content-type', 'application/json']
  t.strictSame(answer('status: 503, body: { a: [1, null] }'), { kind: 'static', status: 503, headers: [json], body: '{"a":[1,null]}' })
  t.strictSame(answer('status: 200, body: []'), { kind: 'static', status: 200, headers: [json], body: '[]' })
  t.strictSame(answer('status: 200, body: null'), { kind: 'static', status: 200, headers: [json], body: 'null' })
  const text = ['content-type', 'text/plain; charset=utf-8']
  t.strictSame(answer('status: 503, body: later, headers: { Retry-After: "5" }'), {
    kind: 'static',
    status: 503,
    headers: [text, ['retry-after', '5']],
    body: 'later'
  })
  t.strictSame(answer('status: 503, body: <p>, headers: { Content-Type: text/html }'), {
    kind: 'static',
    status: 503,
    headers: [['content-type', 'text/html']],
    body: '<p>'
  })
  t.strictSame(answer('status: 503'), { kind: 'static', status: 503, headers: [], body: '' })
  t.strictSame(upstreamWith('fallback: { status: 503 }').fallback?.on, new Set(['open', 'empty', 'failed', 'overloaded']))
  t.strictSame(upstreamWith('retry: {}, fallback: { status: 503, on: [status, open] }').fallback?.on, new Set(['status', 'open']))
  t.end()
})

t.test('a fallback to another upstream makes that one used', (t) => {
  const text = document(ROUTE, '{ endpoints: [http://a], fallback: { upstream: spare } }').replace(
    'routes:',
    '  spare: { endpoints: [http://b] }\nroutes:'
  )
  const result = compileYaml(text)
  t.strictSame(result.issues, [])
  t.strictSame(result.ok && result.plan.upstreams[0]?.fallback?.answer, { kind: 'upstream', upstream: 'spare' })
  t.end()
})

t.test('time limits', (t) => {
  t.strictSame(upstreamWith('timeouts: { perTry: 500ms, total: 30s, deadlineHeader: X-Request-Timeout-Ms }').timeouts, {
    connectMs: 2000,
    responseMs: 60_000,
    perTryMs: 500,
    totalMs: 30_000,
    idleMs: 60_000,
    streamMs: 3_600_000,
    deadlineHeader: 'x-request-timeout-ms'
  })
  t.equal(upstreamWith('timeouts: { stream: off }').timeouts.streamMs, null)
  t.equal(upstreamWith('timeouts: { stream: 5m }').timeouts.streamMs, 300_000)
  t.end()
})

t.test('limits on WebSockets', (t) => {
  t.strictSame(upstreamWith('websocket: { idle: 5m, maxAge: 1d, maxConnections: 1000 }').websocket, {
    idleMs: 300_000,
    maxAgeMs: 86_400_000,
    maxConnections: 1000
  })
  t.equal(upstreamWith('websocket: { idle: off }').websocket.idleMs, null)
  t.end()
})

t.test('overload', (t) => {
  t.strictSame(planOf(withTop('overload: {}')).overload, { eventLoopDelayMs: 500, eventLoopUtilization: 0.98, retryAfterSeconds: 1 })
  t.strictSame(planOf(withTop('overload: { eventLoopDelay: off, eventLoopUtilization: 0.5, retryAfter: 2500ms }')).overload, {
    eventLoopDelayMs: null,
    eventLoopUtilization: 0.5,
    retryAfterSeconds: 3
  })
  t.equal(planOf(withTop('overload: { eventLoopUtilization: false }')).overload?.eventLoopUtilization, null)
  t.end()
})

t.test('placeholders bring in numbers and shares, also where `off` is allowed', (t) => {
  const env = { FAILURES: '7', SHARE: '0.25', PERCENT: '75%', OFF: 'off', ADAPT: 'true' }
  const keys =
    'outlierDetection: { consecutiveFailures: "${FAILURES}", failureRatio: "${SHARE}" }, circuitBreaker: { failureRatio: "${PERCENT}", consecutiveFailures: "${OFF}" }, bulkhead: { maxConcurrent: "${FAILURES}", adaptive: "${ADAPT}" }'
  const [upstream] = planOf(document(ROUTE, `{ endpoints: [http://a], ${keys} }`), { env }).upstreams
  t.strictSame([upstream?.outlier?.consecutiveFailures, upstream?.outlier?.failureRatio], [7, 0.25])
  t.strictSame([upstream?.breaker?.failureRatio, upstream?.breaker?.consecutiveFailures], [0.75, null])
  t.strictSame([upstream?.bulkhead?.maxConcurrent, upstream?.bulkhead?.adaptive?.initialConcurrent], [7, 7])
  t.end()
})
