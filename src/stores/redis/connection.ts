import { Cluster, Redis } from 'ioredis'
import type { RedisPlan } from '../../config/plan.ts'
import type { Clock, Random } from '../../plugin-api/index.ts'
import { ClusterServers } from './cluster-servers.ts'
import { RedisLimitStore } from './limit-store.ts'
import { clientOptions, clusterOptions, sentinelOptions } from './options.ts'
import { loadLimitScript } from './script.ts'
import type { ServerChange } from './servers.ts'
import { SingleServer } from './single-server.ts'

/** How long a Redis that did not answer is left alone. */
const COOLDOWN_MS = 500

export interface RedisDeps {
  readonly clock: Clock
  readonly random: Random
  /** Told once when a server goes and once when it is back: one log line each. Holds no secret. */
  readonly onChange: (change: ServerChange) => void
}

/** The gateway's connection to Redis. Never throws because Redis is away, and heals by itself. */
export interface RedisConnection {
  /** For Fastify plugins, see `registerRedis`. */
  readonly client: Redis | Cluster
  readonly limits: RedisLimitStore
  /** Begins to connect, and waits for the first connection, but no longer than the plan's timeout. Never rejects. */
  open(): Promise<void>
  /** Ends it at once: what has no answer yet is refused. */
  close(): void
}

export function createRedis(plan: RedisPlan, { clock, random, onChange }: RedisDeps): RedisConnection {
  const options = { script: loadLimitScript(), clock, timeoutMs: plan.timeoutMs, cooldownMs: COOLDOWN_MS, onChange }
  const client = createClient(plan, random)
  const servers = client instanceof Cluster ? new ClusterServers(client, options) : new SingleServer(client, options)
  return {
    client,
    limits: new RedisLimitStore(servers, plan.keyPrefix),
    open: () =>
      new Promise((resolve) => {
        const cancel = clock.after(plan.timeoutMs, resolve)
        client
          .connect()
          .catch(() => {})
          .finally(() => {
            cancel()
            resolve()
          })
      }),
    close() {
      servers.close()
      client.disconnect()
    }
  }
}

function createClient(plan: RedisPlan, random: Random): Redis | Cluster {
  const { target } = plan
  if (target.kind === 'cluster') return new Cluster([...target.nodes], clusterOptions(plan, random))
  if (target.kind === 'sentinel') return new Redis({ ...clientOptions(plan, random), ...sentinelOptions(plan, random) })
  return new Redis({ ...clientOptions(plan, random), ...target.address })
}
