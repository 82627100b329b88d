import type { CheckHub } from './check-hub.ts'
import type { DiscoveryHub } from './discovery-hub.ts'
import type { HealthRelay } from './health-relay.ts'
import type { SupervisorLine } from './messages.ts'

/** What the supervisor does once for all workers. */
export interface Hubs {
  readonly discovery: DiscoveryHub
  readonly checks: CheckHub
  readonly health: HealthRelay
  /** Writes lines of a worker's log. */
  readonly writeLines: (lines: Buffer) => void
}

/** Before the first message of the worker can come. */
export function attachHubs({ discovery, checks, health, writeLines }: Hubs, worker: number, line: SupervisorLine): void {
  line.answer('services', (ask) => discovery.services(ask))
  line.on('watch', (notice) => discovery.watch(worker, notice))
  line.on('unwatch', (notice) => discovery.unwatch(worker, notice))
  line.on('check', (notice) => checks.check(worker, notice))
  line.on('uncheck', (notice) => checks.uncheck(worker, notice))
  line.on('lines', ({ buffer, byteOffset, length }) => writeLines(Buffer.from(buffer, byteOffset, length)))
  line.on('health', (notice) => health.report(worker, notice))
  discovery.attach(worker, (notice) => line.tell('instances', notice))
  checks.attach(worker, (notice) => line.tell('checked', notice))
  health.attach(worker, (notice) => line.tell('knowledge', notice))
}

/** The worker's thread has ended. */
export function detachHubs({ discovery, checks, health }: Hubs, worker: number): void {
  discovery.detach(worker)
  checks.detach(worker)
  health.detach(worker)
}
