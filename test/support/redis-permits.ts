import type { RedisPlan } from '../../src/config/plan.ts'
import type { Clock, PermitAnswer, PermitQuestion } from '../../src/plugin-api/index.ts'
import { createRedis, type RedisConnection } from '../../src/stores/redis/connection.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { eventually } from './client.ts'
import type { Teardown } from './gateway.ts'

/** Long enough for a busy machine to keep a lease alive, short enough to wait for one that nobody keeps. */
export const LEASE_MS = 1500

export interface PermitsOptions {
  readonly clock?: Clock
  readonly leaseMs?: number
}

/** The part of a gateway that asks for places, connected, and closed with the test. Each is a gateway of its own. */
export async function permitsOf(
  t: Teardown,
  plan: RedisPlan,
  { clock = systemClock, leaseMs = LEASE_MS }: PermitsOptions = {}
): Promise<RedisConnection> {
  // Its id is in its places: the one of `connectTo` is the same for all.
  const connection = createRedis(plan, { clock, random: createSystemRandom(), onChange() {}, permitLeaseMs: leaseMs })
  t.teardown(() => connection.close())
  void connection.open()
  await eventually(() => connection.client.status === 'ready')
  return connection
}

export function placeOf(key: string, limit: number, id = 'test'): PermitQuestion {
  return { rule: { id, limit }, key }
}

export function isIn({ verdicts }: PermitAnswer): boolean {
  return verdicts.every(({ allowed }) => allowed)
}
