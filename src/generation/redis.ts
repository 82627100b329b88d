import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Plan, RedisPlan } from '../config/plan.ts'
import type { LimitStore, PermitStore } from '../plugin-api/index.ts'
import type { StateLease } from './registry.ts'

/** A connection to Redis, whether there is an answer or not; implemented by `src/stores/`. */
export interface RedisLink {
  readonly limits: LimitStore
  readonly permits: PermitStore
  /** Resolves with the first connection, or when it has been waited for long enough. Never rejects. */
  readonly opened: Promise<void>
  readonly isUp: boolean
  /** Gives an app `app.redis`. */
  register(app: FastifyInstance): Promise<void>
  close(): void
}

export type ConnectRedis = (plan: RedisPlan) => RedisLink

/** The connection of the plan: the one that the generation before has when nothing of `redis` changed; closed with the last that uses it. */
export async function takeRedis({ redis: plan }: Plan, lease: StateLease, connect: ConnectRedis): Promise<RedisLink | null> {
  if (plan === null) return null
  // Hashed: the plan holds passwords, and keys of state are shown.
  const key = createHash('sha256').update(JSON.stringify(plan)).digest('base64url').slice(0, 16)
  const link = lease.take<RedisLink>(
    `redis:${key}`,
    () => connect(plan),
    (old) => old.close()
  )
  await link.opened
  return link
}
