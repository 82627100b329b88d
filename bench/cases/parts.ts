// What cases have in common.
import type { RouteSetup } from '../contestants/types.ts'
import type { BenchRequest } from '../drive/request.ts'
import type { Column } from '../report/types.ts'
import { CALLERS, tokenFor } from './tokens.ts'

export const CONNECTIONS = 64

export const EVERYTHING: readonly RouteSetup[] = [{ name: 'all', prefix: '', upstream: 0 }]

export function services(count: number, upstreams: number): readonly RouteSetup[] {
  return Array.from({ length: count }, (_, index) => ({ name: `service-${index}`, prefix: `/api/service-${index}`, upstream: index % upstreams }))
}

/** One for each caller, in turn. */
export function requestsFor(pathOf: (caller: number) => string, body: Buffer | null = null): readonly BenchRequest[] {
  return Array.from({ length: CALLERS }, (_, caller) => ({
    method: body === null ? 'GET' : 'POST',
    path: pathOf(caller),
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${tokenFor(caller)}`,
      ...(body === null ? {} : { 'content-type': 'application/json' })
    },
    body
  }))
}

const CPU: Column = { key: 'cpuUs', title: 'CPU µs', digits: 1 }
const OF_FLOOR: Column = { key: 'cpuUs', title: '× floor', digits: 2, of: 'floor' }
const BUSY: Column = { key: 'busy', title: 'core busy %', digits: 0 }
const PEAK: Column = { key: 'peakMib', title: 'peak RSS MiB', digits: 0 }

export const THROUGHPUT: readonly Column[] = [
  { key: 'rate', title: 'per second', digits: 0 },
  { ...BUSY },
  { key: 'wrkRate', title: 'wrk: per second', digits: 0 },
  { key: 'wrkBusy', title: 'wrk: core busy %', digits: 0 }
]

export const ADDED: readonly Column[] = [
  { key: 'addedP50', title: 'added p50 ms', digits: 2 },
  { key: 'addedP99', title: 'added p99 ms', digits: 2 },
  { key: 'addedP999', title: 'added p99.9 ms', digits: 2 }
]

export const OF_REQUESTS: readonly Column[] = [CPU, OF_FLOOR, ...THROUGHPUT, PEAK]
export const WITH_LATENCY: readonly Column[] = [CPU, OF_FLOOR, ...THROUGHPUT, ...ADDED, PEAK]
export const WITHOUT_FLOOR: readonly Column[] = [CPU, ...THROUGHPUT, PEAK]
export { BUSY, CPU, OF_FLOOR, PEAK }
