import { builtinPlugins } from '../../plugins/index.ts'
import { readScenario } from '../../src/simulation/read-scenario.ts'
import type { Scenario } from '../../src/simulation/scenario.ts'
import { formatIssues } from '../../src/config/issue.ts'
import type { Dice } from '../support/random.ts'

const ALGORITHMS = [
  'round-robin',
  'weighted-round-robin',
  'least-connections',
  'random',
  'two-choices',
  'ip-hash',
  'consistent-hash',
  'least-latency'
] as const

type Json = Record<string, unknown>

/** @throws Error with every problem when the text is no valid scenario. */
export function scenarioOf(text: string): Scenario {
  const read = readScenario({
    file: 'scenario.yaml',
    text,
    env: {},
    plugins: new Map(builtinPlugins.map((definition) => [definition.name, definition])),
    readFile() {
      throw new Error('no files in this test')
    }
  })
  if (!read.ok) throw new Error(formatIssues(read.issues))
  return read.scenario
}

/**
 * A scenario in which anything may be configured and anything may go wrong.
 * @param longestMs Of its loads: 200 makes about ten requests, 1500 about sixty.
 */
export function randomScenario(dice: Dice, longestMs: number): Json {
  const hosts = Array.from({ length: dice.int(1, 4) }, (_, index) => `e${index}.internal`)
  const spare = ['spare.internal']
  const hasRedis = dice.chance(0.4)
  const events = Array.from({ length: dice.int(0, 6) }, () => ({
    at: ms(dice.int(0, longestMs)),
    ...(hasRedis && dice.chance(0.4)
      ? { store: dice.pick(['away', 'silent', 'back', 'back']) }
      : { endpoint: dice.chance(0.2) ? '*' : dice.pick(hosts), set: behaviour(dice, dice.chance(0.4)) })
  }))
  return {
    name: 'random',
    seed: dice.int(0, 2 ** 31),
    upstreams: { shop: upstream(dice, hosts, true), spare: upstream(dice, spare, false) },
    endpoints: Object.fromEntries([...hosts, ...spare].map((host) => [host, behaviour(dice, dice.chance(0.5))])),
    ...(hasRedis ? { redis: { roundTrip: ms(dice.int(0, 5)), timeout: ms(dice.int(5, 50)) } } : {}),
    load: Array.from({ length: dice.int(1, 2) }, () => load(dice, longestMs)),
    events
  }
}

function upstream(dice: Dice, hosts: readonly string[], mayFallBack: boolean): Json {
  return {
    endpoints: hosts.map((host) => ({ url: `http://${host}`, weight: dice.int(1, 3) })),
    loadBalancing: { algorithm: dice.pick(ALGORITHMS), ...(dice.chance(0.2) ? { slowStart: '1s' } : {}) },
    timeouts: {
      connect: ms(dice.int(20, 300)),
      response: ms(dice.int(100, 2000)),
      idle: ms(dice.int(100, 1000)),
      ...(dice.chance(0.5) ? { perTry: ms(dice.int(20, 99)) } : {}),
      ...(dice.chance(0.6) ? { total: ms(dice.int(2001, 4000)), deadlineHeader: 'x-deadline' } : {})
    },
    ...(dice.chance(0.8) ? { retry: retry(dice) } : dice.chance(0.3) ? { retry: false } : {}),
    ...(dice.chance(0.5) ? { hedge: ms(dice.int(1, 60)) } : {}),
    ...(dice.chance(0.6) ? { circuitBreaker: breaker(dice) } : {}),
    ...(dice.chance(0.6) ? { bulkhead: bulkhead(dice) } : {}),
    bufferRequestBody: dice.pick(['off', 'off', '100B', '1KiB', '64KiB']),
    outlierDetection: dice.chance(0.6) && outlier(dice),
    ...(dice.chance(0.2) ? { healthCheck: { path: '/', interval: '100ms', timeout: '50ms' } } : {}),
    ...(mayFallBack && dice.chance(0.5) ? { fallback: fallback(dice) } : {})
  }
}

function retry(dice: Dice): Json {
  const causes = ['connect-failure', 'reset', 'timeout', 500, 502, 503, 504].filter(() => dice.chance(0.7))
  return {
    attempts: dice.int(0, 4),
    ...(causes.length > 0 ? { on: causes } : {}),
    backoff: { base: ms(dice.int(0, 30)), max: ms(dice.int(30, 200)) },
    budget: dice.chance(0.5) ? '100%' : { ratio: dice.int(0, 100) / 100, minPerSecond: dice.int(0, 10), window: ms(dice.int(1000, 10_000)) },
    maxBody: dice.pick(['0B', '1KiB', '2KiB', '64KiB']),
    idempotencyKey: dice.chance(0.5)
  }
}

function breaker(dice: Dice): Json {
  return {
    window: ms(dice.int(500, 5000)),
    minimumRequests: dice.int(1, 20),
    failureRatio: `${dice.int(10, 90)}%`,
    ...(dice.chance(0.3) ? { slowCall: ms(dice.int(5, 100)) } : {}),
    ...(dice.chance(0.3) ? { consecutiveFailures: dice.int(1, 8) } : {}),
    openFor: ms(dice.int(50, 1000)),
    maxOpenFor: ms(dice.int(1000, 3000)),
    halfOpenRequests: dice.int(1, 4)
  }
}

function bulkhead(dice: Dice): Json {
  return {
    maxConcurrent: dice.int(1, 12),
    maxQueued: dice.int(0, 10),
    queueTimeout: ms(dice.int(1, 500)),
    ...(dice.chance(0.4) ? { adaptive: true } : {})
  }
}

function outlier(dice: Dice): Json {
  const byRow = dice.chance(0.8)
  return {
    consecutiveFailures: byRow ? dice.int(1, 5) : 'off',
    ...(!byRow || dice.chance(0.5) ? { failureRatio: '40%', minimumRequests: dice.int(1, 10), window: '2s' } : {}),
    ejectFor: ms(dice.int(50, 1000)),
    maxEjectFor: '2s',
    maxEjected: `${dice.int(0, 100)}%`
  }
}

function fallback(dice: Dice): Json {
  const on = ['open', 'empty', 'failed', 'overloaded'].filter(() => dice.chance(0.8))
  return { ...(dice.chance(0.5) ? { status: 200, body: 'sorry' } : { upstream: 'spare' }), on: on.length > 0 ? on : ['failed'] }
}

/** @param bad Whether something is wrong with it. */
function behaviour(dice: Dice, bad: boolean): Json {
  const rate = (): number => (dice.chance(0.4) ? dice.int(1, 100) / 100 : 0)
  return {
    latency: latency(dice),
    connectTime: dice.pick(['0ms', '0ms', '1ms', '30ms']),
    connect: bad && dice.chance(0.3) ? dice.pick(['refuse', 'timeout']) : 'ok',
    hang: bad && dice.chance(0.2),
    errorRate: bad ? rate() : 0,
    errorStatus: dice.pick([404, 429, 500, 502, 503]),
    retryAfter: dice.chance(0.2) ? '1s' : false,
    resetRate: bad ? rate() : 0,
    staleRate: bad ? rate() : 0,
    truncateRate: bad ? rate() : 0,
    stallRate: bad ? rate() : 0,
    capacity: dice.chance(0.3) ? dice.int(1, 5) : false,
    body: dice.pick(['0B', '1B', '300B', '1KiB', '17KiB']),
    bodyPieces: dice.pick([1, 2, 5]),
    bodyPause: dice.pick(['0ms', '1ms', '20ms'])
  }
}

function latency(dice: Dice): unknown {
  if (dice.chance(0.3)) return ms(dice.int(0, 20))
  if (dice.chance(0.5)) return { min: '0ms', max: ms(dice.int(1, 100)) }
  return { median: ms(dice.int(1, 20)), p99: ms(dice.int(20, 300)) }
}

function load(dice: Dice, longestMs: number): Json {
  const method = dice.pick(['GET', 'GET', 'HEAD', 'PUT', 'POST', 'DELETE'])
  const hasBody = method === 'PUT' || method === 'POST'
  const stops = hasBody && dice.chance(0.3)
  return {
    upstream: 'shop',
    method,
    rate: dice.int(5, 100),
    duration: ms(dice.int(100, longestMs)),
    arrival: dice.pick(['poisson', 'even']),
    ...(hasBody
      ? { body: dice.pick(['10B', '1500B', '5KiB']), bodyPieces: stops ? 3 : dice.pick([1, 3]), bodyPause: dice.pick(['0ms', '5ms', '50ms']) }
      : {}),
    ...(stops ? { bodyStopsAfter: dice.int(1, 2) } : {}),
    ...(dice.chance(0.5) ? { abortAfter: ms(dice.int(0, 200)), abortShare: dice.int(0, 100) / 100 } : {}),
    readTime: dice.pick(['0ms', '0ms', '5ms', '100ms']),
    clients: dice.int(1, 20),
    ...(dice.chance(0.3) ? { headers: { 'idempotency-key': 'k' } } : {}),
    ...(dice.chance(0.3) ? { circuitBreaker: breaker(dice) } : {}),
    ...(dice.chance(0.3) ? { bulkhead: bulkhead(dice) } : {}),
    ...(dice.chance(0.4) ? { rateLimit: rateLimit(dice) } : {})
  }
}

function rateLimit(dice: Dice): Json {
  const limit = (name: string): Json => ({
    name,
    limit: dice.int(1, 20),
    window: ms(dice.int(10, 1000)),
    algorithm: dice.pick(['gcra', 'sliding-window', 'fixed-window']),
    by: dice.pick(['ip', 'route', 'global', ['global', 'ip']])
  })
  return {
    limits: ['one', 'other'].slice(0, dice.int(1, 2)).map(limit),
    onStoreError: dice.pick(['allow', 'deny', 'local']),
    dryRun: dice.chance(0.3)
  }
}

function ms(value: number): string {
  return `${value}ms`
}
