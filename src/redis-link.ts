import type { RedisPlan } from './config/plan.ts'
import type { RedisLink } from './generation/redis.ts'
import { LeasedStore } from './stores/leases/leased-store.ts'
import { createRedis, type RedisDeps } from './stores/redis/connection.ts'
import { registerRedis } from './stores/redis/register.ts'

/** Begins to connect at once. */
export function connectRedis(plan: RedisPlan, deps: RedisDeps): RedisLink {
  const away = new Set<string>()
  const connection = createRedis(plan, {
    ...deps,
    onChange(change) {
      if (change.isUp) away.delete(change.server)
      else away.add(change.server)
      deps.onChange(change)
    }
  })
  return {
    limits: new LeasedStore(connection.limits, { clock: deps.clock }),
    permits: connection.permits,
    opened: connection.open(),
    get isUp() {
      return away.size === 0 && connection.client.status === 'ready'
    },
    register: (app) => registerRedis(app, connection.client),
    close: () => connection.close()
  }
}
