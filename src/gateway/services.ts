import { platform } from 'node:os'
import { createDiscovery } from '../discovery/discovery.ts'
import type { BuildServices } from '../generation/build.ts'
import { OWN_BREAKERS } from '../generation/policies.ts'
import { createStateRegistry } from '../generation/registry.ts'
import type { Clock, LimitStore, PermitStore, Random } from '../plugin-api/index.ts'
import type { HealthEvent } from '../policy/health/types.ts'
import { OpenStreams } from '../proxy/open-streams.ts'
import { Sweep } from '../proxy/sweep.ts'
import { connectRedis } from '../redis-link.ts'
import { createMemoryStore } from '../stores/memory/memory-store.ts'
import { MemoryPermits } from '../stores/memory/permits.ts'
import { defer } from '../system/defer.ts'
import { nextSlice } from '../system/long-work.ts'
import { type GatewayLog, writeBreakerLine, writeDiscoveryLine, writeHealthLine, writeRedisErrorsLine, writeRedisLine } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { startChecks } from '../upstream/checks.ts'
import { createEndpointPool } from '../upstream/endpoint-pool.ts'
import { TICK_MS } from '../upstream/http1/connection.ts'
import { ReadMemory } from '../upstream/read-memory.ts'
import { createOutboundHttp } from '../upstream/outbound-http.ts'

/** Of the limits that are counted in memory, all together: some 200 bytes for each caller. Whoever was not seen for longest begins anew beyond it. */
export const LIMITS_IN_MEMORY = { maxKeys: 500_000, maxBytes: 128 * 1024 * 1024 }

/** What the workers of one process know together; a gateway that is alone has all of it to itself. */
export interface SharedServices {
  memoryLimits(onLiveEviction: () => void): LimitStore
  readonly memoryPermits: PermitStore
  readonly breakerMemories: BuildServices['breakerMemories']
  readonly prepareDiscovery: BuildServices['prepareDiscovery']
  readonly check: BuildServices['check']
  /** Told of each change of an endpoint's health that this gateway has found out. */
  onHealth(upstream: string, event: HealthEvent): void
}

export interface ServiceOptions extends Pick<BuildServices, 'onComplete'> {
  readonly clock: Clock
  readonly random: Random
  readonly log: GatewayLog
  readonly metrics: Metrics
  readonly shared: SharedServices | null
}

/** What a gateway builds its generations with, and the end of it. */
export interface GatewayServices extends BuildServices {
  readonly streams: OpenStreams
  readonly sweep: Sweep
  close(): Promise<void>
}

export function createServices({ clock, random, log, metrics, shared, onComplete }: ServiceOptions): GatewayServices {
  const http = createOutboundHttp(clock)
  // On Windows a read is under way as long as nothing comes: sockets cannot take turns with one piece of memory.
  const memory = platform() === 'win32' ? null : new ReadMemory()
  const pools = { clock, memory, sweep: new Sweep(clock, TICK_MS) }
  const own = shared === null ? ownServices({ clock, random, log, metrics }) : null
  return {
    registry: createStateRegistry(),
    metrics,
    log,
    clock,
    random,
    connect: (options) => createEndpointPool(options, pools),
    http,
    ...(own ?? takeShared(shared as SharedServices, metrics)),
    connectRedis: (redis) =>
      connectRedis(redis, {
        clock,
        random,
        onChange: (change) => writeRedisLine(log, change),
        onErrors: (change) => writeRedisErrorsLine(log, change)
      }),
    defer,
    turn: nextSlice,
    // Of what several workers see, the supervisor writes one line.
    onHealth: shared === null ? (upstream, event) => writeHealthLine(log, upstream, event) : (upstream, event) => shared.onHealth(upstream, event),
    onBreaker: (owner, transition) => writeBreakerLine(log, owner, transition),
    streams: new OpenStreams(clock, random, metrics.streams),
    sweep: new Sweep(clock),
    onComplete,
    async close() {
      await own?.close()
      await http.close()
    }
  }
}

type KnowingServices = Pick<BuildServices, 'memoryLimits' | 'memoryPermits' | 'breakerMemories' | 'prepareDiscovery' | 'check'>

function takeShared(shared: SharedServices, metrics: Metrics): KnowingServices {
  const { memoryPermits, breakerMemories, prepareDiscovery, check } = shared
  return { memoryLimits: shared.memoryLimits(() => metrics.limitEvicted()), memoryPermits, breakerMemories, prepareDiscovery, check }
}

function ownServices({ clock, random, log, metrics }: Omit<ServiceOptions, 'shared' | 'onComplete'>): KnowingServices & { close(): Promise<void> } {
  const discovery = createDiscovery({
    clock,
    random,
    onEvent: (name, event) => writeDiscoveryLine(log, name, event),
    onTrouble: (message, error) => log.warn({ err: error }, message),
    warn: (message) => log.warn({}, message)
  })
  return {
    memoryLimits: createMemoryStore({ ...LIMITS_IN_MEMORY, clock, onLiveEviction: () => metrics.limitEvicted() }),
    memoryPermits: new MemoryPermits(),
    breakerMemories: OWN_BREAKERS,
    prepareDiscovery: (plan) =>
      discovery.prepare(
        plan.discovery,
        plan.upstreams.flatMap(({ discovery: query }) => query ?? [])
      ),
    check: (check) => startChecks({ ...check, clock, random: () => random.next() }),
    close: () => discovery.close()
  }
}
