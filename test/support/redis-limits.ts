import type { RedisPlan } from '../../src/config/plan.ts'
import type { Clock } from '../../src/plugin-api/index.ts'
import { fakeRandom } from '../../src/plugin-api/testing-clock.ts'
import type { LimitAlgorithm, LimitRule } from '../../src/plugin-api/limits/store.ts'
import { createRedis, type RedisConnection } from '../../src/stores/redis/connection.ts'
import type { ServerChange, ServerErrors } from '../../src/stores/redis/servers.ts'
import { systemClock } from '../../src/system/clock.ts'
import { eventually } from './client.ts'
import type { Teardown } from './gateway.ts'

export function redisPlan(port: number, more: Partial<RedisPlan> = {}): RedisPlan {
  return {
    target: { kind: 'server', address: { host: '127.0.0.1', port } },
    username: null,
    password: null,
    tls: null,
    // Far from what a busy machine needs: tests of time-outs set their own.
    timeoutMs: 2000,
    keyPrefix: 'sallyport:',
    database: 0,
    ...more
  }
}

/** Who is the primary called `limits` is for this sentinel to say. */
export function sentinelTarget(port: number): RedisPlan['target'] {
  return { kind: 'sentinel', name: 'limits', sentinels: [{ host: '127.0.0.1', port }], sentinelUsername: null, sentinelPassword: null }
}

export interface TestRedis extends RedisConnection {
  readonly changes: readonly ServerChange[]
  readonly errors: readonly ServerErrors[]
}

/** A connection as the gateway has one, closed when the test ends. Not waited for. */
export function connectTo(t: Teardown, plan: RedisPlan, clock: Clock = systemClock): TestRedis {
  const changes: ServerChange[] = []
  const errors: ServerErrors[] = []
  const connection = createRedis(plan, {
    clock,
    random: fakeRandom(),
    onChange: (change) => changes.push(change),
    onErrors: (change) => errors.push(change)
  })
  t.teardown(() => connection.close())
  void connection.open()
  return { ...connection, changes, errors }
}

/** The same, and there is a connection. */
export async function connectedTo(t: Teardown, plan: RedisPlan, clock: Clock = systemClock): Promise<TestRedis> {
  const connection = connectTo(t, plan, clock)
  await eventually(() => connection.client.status === 'ready')
  return connection
}

export function ruleOf(algorithm: LimitAlgorithm, more: Partial<LimitRule> = {}): LimitRule {
  const limit = more.limit ?? 10
  return { id: 'test', algorithm, limit, windowMs: 60_000, burst: limit, calendar: null, ...more }
}
