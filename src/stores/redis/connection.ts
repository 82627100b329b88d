import { Cluster, Redis } from 'ioredis'
import type { RedisPlan } from '../../config/plan.ts'
import type { Clock, Random } from '../../plugin-api/index.ts'
import { ClusterServers } from './cluster-servers.ts'
import { RedisLimitStore } from './limit-store.ts'
import { clientOptions, clusterOptions, sentinelOptions } from './options.ts'
import { RedisPermitStore } from './permit-store.ts'
import { loadLimitScript, loadPermitScript } from './script.ts'
import type { ServerChange, ServerErrors } from './servers.ts'
import { SingleServer } from './single-server.ts'

/** How long a Redis that did not answer is left alone. */
const COOLDOWN_MS = 500

/** How long places of requests in flight stay taken when their gateway has died. Longer than a busy event loop is ever late. */
const PERMIT_LEASE_MS = 10_000

export interface RedisDeps {
  readonly clock: Clock
  readonly random: Random
  /** Told once when a server goes and once when it is back: one log line each. Holds no secret. */
  readonly onChange: (change: ServerChange) => void
  /** Told once when a server begins to answer with errors and once when that is over. Holds no secret. */
  readonly onErrors?: (change: ServerErrors) => void
  /** Default 10 s. */
  readonly permitLeaseMs?: number
}

/** The gateway's connection to Redis. Never throws because Redis is away, and heals by itself. */
export interface RedisConnection {
  /** For Fastify plugins, see `registerRedis`. */
  readonly client: Redis | Cluster
  readonly limits: RedisLimitStore
  readonly permits: RedisPermitStore
  /** Begins to connect, and waits for the first connection, but no longer than the plan's timeout. Never rejects. */
  open(): Promise<void>
  /** Ends it at once: what has no answer yet is refused. */
  close(): void
}

export function createRedis(
  plan: RedisPlan,
  { clock, random, onChange, onErrors = () => {}, permitLeaseMs = PERMIT_LEASE_MS }: RedisDeps
): RedisConnection {
  const changed = (change: ServerChange): void => {
    if (change.isUp) permits.restore()
    onChange(change)
  }
  const options = { script: loadLimitScript(), clock, timeoutMs: plan.timeoutMs, cooldownMs: COOLDOWN_MS, onChange: changed, onErrors }
  const client = createClient(plan, random, clock)
  const servers = client instanceof Cluster ? new ClusterServers(client, options) : new SingleServer(client, options)
  const permits = new RedisPermitStore({
    servers,
    script: loadPermitScript(),
    keyPrefix: plan.keyPrefix,
    // 64 random bits are enough for gateways that live at the same time, and each place is named with them.
    instance: random.id().slice(0, 16),
    clock,
    leaseMs: permitLeaseMs
  })
  return {
    client,
    limits: new RedisLimitStore(servers, plan.keyPrefix),
    permits,
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
      permits.close()
      servers.close()
      client.disconnect()
    }
  }
}

function createClient(plan: RedisPlan, random: Random, clock: Clock): Redis | Cluster {
  const { target } = plan
  if (target.kind === 'cluster') return new Cluster([...target.nodes], clusterOptions(plan, random, clock))
  if (target.kind === 'sentinel') return new Redis({ ...clientOptions(plan, random, clock), ...sentinelOptions(plan, random) })
  return new Redis({ ...clientOptions(plan, random, clock), ...target.address })
}
