import { isDeepStrictEqual } from 'node:util'
import { Indexes, type Transaction } from './indexes.ts'
import type { Change, CheckDefinition, CheckEntry, Registration, ServiceDefinition, ServiceEntry, Status } from './types.ts'

const MAINTENANCE_PREFIX = '_service_maintenance:'
const DEFAULT_REASON = 'Maintenance mode is enabled for this service, but no reason was provided. This is a default message.'

/**
 * What is registered: services, their checks, and the index of the last change of each. Knows neither time nor network: the time, in
 * monotonic ms, comes in with each operation, and what is to be done outside comes back as a Change.
 *
 * Differs from Consul 1.8 where that surprises its users: registering again with equal content moves no index at all (there, that of
 * all checks), an instance that takes another name is noticed by who watches the old one, and what is overdue is done at once (there,
 * up to 30 seconds later).
 */
export class Catalog {
  readonly #services = new Map<string, ServiceEntry>()
  readonly #checks = new Map<string, CheckEntry>()
  readonly indexes = new Indexes()

  service(id: string): ServiceEntry | undefined {
    return this.#services.get(id)
  }

  check(id: string): CheckEntry | undefined {
    return this.#checks.get(id)
  }

  /** Sorted by id. */
  services(): readonly ServiceEntry[] {
    return [...this.#services.values()].toSorted((a, b) => compare(a.definition.id, b.definition.id))
  }

  /** Sorted by id. */
  checks(): readonly CheckEntry[] {
    return [...this.#checks.values()].toSorted((a, b) => compare(a.definition.id, b.definition.id))
  }

  /** Adds a service with its checks, or changes what is new about them. A check that is known keeps its state. */
  register({ service, checks, replaceChecks }: Registration, now: number): Change {
    const transaction = this.indexes.begin()
    const before = this.#services.get(service.id)
    if (!isDeepStrictEqual(before?.definition, service)) this.#putService(service, before, transaction)
    if (replaceChecks) {
      const kept = new Set(checks.map(({ id }) => id))
      for (const { definition } of this.#checksOf(service.id)) if (!kept.has(definition.id)) this.#removeCheck(definition.id, transaction)
    }
    for (const check of checks) this.#putCheck(check, service, now, transaction)
    return this.#commit(transaction)
  }

  /** Removes a service and its checks. Nothing happens when there is none. */
  deregister(id: string): Change {
    const transaction = this.indexes.begin()
    this.#removeService(id, transaction)
    return this.#commit(transaction)
  }

  /** @returns Null when there is no such service. */
  setMaintenance(id: string, enable: boolean, reason: string, now: number): Change | null {
    const service = this.#services.get(id)?.definition
    if (service === undefined) return null
    const transaction = this.indexes.begin()
    const checkId = MAINTENANCE_PREFIX + id
    if (!enable) this.#removeCheck(checkId, transaction)
    else if (!this.#checks.has(checkId)) this.#putCheck(maintenanceCheck(checkId, reason), service, now, transaction)
    return this.#commit(transaction)
  }

  /** Takes note of what a check has found, or a service has told of its TTL check. @returns Null when there is no such check. */
  updateCheck(id: string, status: Status, output: string, now: number): Change | null {
    const check = this.#checks.get(id)
    if (check === undefined) return null
    const transaction = this.indexes.begin()
    const { probe } = check.definition
    this.#settle({ ...check, expiresAt: probe.type === 'ttl' ? now + probe.ttlMs : null }, status, output, now, transaction)
    return this.#commit(transaction)
  }

  /** Does what has become due: TTL checks turn critical, services that have been critical for too long are removed. */
  expire(now: number): Change {
    const transaction = this.indexes.begin()
    for (const check of this.#checks.values()) {
      if (check.expiresAt === null || check.expiresAt > now) continue
      const output = check.output === '' ? 'TTL expired' : `TTL expired (last output before timeout follows): ${check.output}`
      this.#settle({ ...check, expiresAt: null }, 'critical', output, check.expiresAt, transaction)
    }
    for (const check of this.#checks.values()) if ((removalOf(check) ?? Infinity) <= now) this.#removeService(check.serviceId, transaction)
    return this.#commit(transaction)
  }

  /** When `expire` has something to do next, monotonic ms; null for never. */
  nextDue(): number | null {
    const times = [...this.#checks.values()].flatMap((check) => [check.expiresAt, removalOf(check)]).filter((time) => time !== null)
    return times.length === 0 ? null : Math.min(...times)
  }

  #commit(transaction: Transaction): Change {
    const names = new Set([...this.#services.values()].map(({ definition }) => definition.name))
    return this.indexes.commit(transaction, (name) => names.has(name))
  }

  #putService(definition: ServiceDefinition, before: ServiceEntry | undefined, transaction: Transaction): void {
    this.#services.set(definition.id, { definition, createIndex: before?.createIndex ?? transaction.index, modifyIndex: transaction.index })
    transaction.services = true
    transaction.touched.add(definition.name)
    if (before !== undefined) transaction.touched.add(before.definition.name)
  }

  #removeService(id: string, transaction: Transaction): void {
    const service = this.#services.get(id)
    if (service === undefined) return
    this.#services.delete(id)
    transaction.services = true
    // Of all checks, those too that the service never had: so it wakes who watches states.
    transaction.checks = true
    transaction.touched.add(service.definition.name)
    for (const { definition } of this.#checksOf(id)) this.#removeCheck(definition.id, transaction)
  }

  #checksOf(serviceId: string): readonly CheckEntry[] {
    return [...this.#checks.values()].filter((check) => check.serviceId === serviceId)
  }

  #putCheck(definition: CheckDefinition, service: ServiceDefinition, now: number, transaction: Transaction): void {
    const before = this.#checks.get(definition.id)
    const { probe } = definition
    const entry: CheckEntry = {
      definition,
      serviceId: service.id,
      serviceName: service.name,
      serviceTags: service.tags,
      status: before?.status ?? definition.status,
      output: before?.output ?? '',
      settledOutput: before?.settledOutput ?? '',
      expiresAt: probe.type === 'ttl' ? now + probe.ttlMs : null,
      criticalSince: before?.criticalSince ?? null,
      createIndex: before?.createIndex ?? transaction.index,
      modifyIndex: before?.modifyIndex ?? transaction.index
    }
    if (before === undefined || !looksEqual(before, entry)) this.#writeCheck(entry, transaction, before)
    else this.#checks.set(definition.id, entry)
    if (before !== undefined && isDeepStrictEqual(before.definition.probe, probe)) return
    if (before !== undefined) transaction.stopped.push(definition.id)
    transaction.started.push(entry)
  }

  #removeCheck(id: string, transaction: Transaction): void {
    const check = this.#checks.get(id)
    if (check === undefined) return
    this.#checks.delete(id)
    transaction.checks = true
    transaction.touched.add(check.serviceName)
    transaction.stopped.push(id)
  }

  /** A state that stays as it was moves no index; how long it has been critical counts from the first time somebody said so. */
  #settle(check: CheckEntry, status: Status, output: string, now: number, transaction: Transaction): void {
    const criticalSince = status === 'critical' ? (check.criticalSince ?? now) : null
    const entry = { ...check, status, output, criticalSince }
    if (check.status === status) this.#checks.set(check.definition.id, entry)
    else this.#writeCheck({ ...entry, settledOutput: output }, transaction)
  }

  #writeCheck(entry: CheckEntry, transaction: Transaction, before: CheckEntry = entry): void {
    this.#checks.set(entry.definition.id, { ...entry, modifyIndex: transaction.index })
    transaction.checks = true
    transaction.touched.add(entry.serviceName).add(before.serviceName)
  }
}

function maintenanceCheck(id: string, reason: string): CheckDefinition {
  return {
    id,
    name: 'Service Maintenance Mode',
    notes: reason === '' ? DEFAULT_REASON : reason,
    status: 'critical',
    probe: { type: 'maintenance' },
    deregisterAfterMs: null
  }
}

/** Monotonic ms of the moment from which the check's service is to be removed. */
function removalOf({ criticalSince, definition }: CheckEntry): number | null {
  return criticalSince === null || definition.deregisterAfterMs === null ? null : criticalSince + definition.deregisterAfterMs
}

/** Whether two states of a check differ in nothing that is told. */
function looksEqual(a: CheckEntry, b: CheckEntry): boolean {
  const told = ({ definition, serviceId, serviceName, serviceTags }: CheckEntry) => [
    definition.name,
    definition.notes,
    definition.probe.type,
    serviceId,
    serviceName,
    serviceTags
  ]
  return isDeepStrictEqual(told(a), told(b))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
