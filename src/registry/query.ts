import type { Random } from '../plugin-api/index.ts'
import { parseDuration } from './durations.ts'
import { RequestError } from './request-error.ts'
import { DATACENTER } from './views.ts'

const DEFAULT_WAIT_MS = 5 * 60_000
const MAX_WAIT_MS = 10 * 60_000
/** A wait is longer by up to this part of it, so that clients that came together do not come back together. */
const JITTER_PART = 16

/** Spellings of Go's strconv.ParseBool. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const)
])

/** What all queries of the catalogue share. */
export interface QueryOptions {
  /** Wait until the index is larger; 0 for no wait. */
  readonly index: number
  readonly waitMs: number
  /** Consul's word for it. There is one server, so all three are the same. */
  readonly consistency: 'leader' | 'stale' | 'consistent'
}

/** @throws RequestError 400 */
export function readQueryOptions(query: URLSearchParams, random: Random): QueryOptions {
  if (query.has('stale') && query.has('consistent')) {
    throw new RequestError(400, 'Cannot specify ?stale with ?consistent, conflicting semantics.')
  }
  refuseFilter(query)
  const datacenter = query.get('dc') ?? ''
  if (datacenter !== '' && datacenter !== DATACENTER) throw new RequestError(500, 'No path to datacenter')
  const consistency = query.has('stale') ? 'stale' : query.has('consistent') ? 'consistent' : 'leader'
  return { index: readIndex(query.get('index')), waitMs: readWait(query.get('wait'), random), consistency }
}

/** Whoever filters must not take what is not filtered for what is. @throws RequestError 400 */
export function refuseFilter(query: URLSearchParams): void {
  for (const name of ['filter', 'node-meta']) {
    if ((query.get(name) ?? '') !== '') throw new RequestError(400, `?${name} is not supported by this registry`)
  }
}

/** Null for anything but a boolean. */
export function readBoolean(text: string): boolean | null {
  return BOOLEANS.get(text) ?? null
}

function readIndex(text: string | null): number {
  if (text === null || text === '') return 0
  if (!/^\d{1,20}$/.test(text) || BigInt(text) >= 2n ** 64n) throw new RequestError(400, 'Invalid index')
  return Number(text)
}

function readWait(text: string | null, random: Random): number {
  const asked = text === null || text === '' ? 0 : parseDuration(text)
  if (asked === null) throw new RequestError(400, 'Invalid wait time')
  const waitMs = asked > 0 ? Math.min(MAX_WAIT_MS, asked) : DEFAULT_WAIT_MS
  return waitMs + (waitMs / JITTER_PART) * random.next()
}
