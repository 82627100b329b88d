/** What of etcd's messages (api/etcdserverpb/rpc.proto) is used. The JSON gateway writes 64-bit numbers as text and bytes as base64. */
export interface Header {
  readonly clusterId: string
  readonly revision: number
}

export interface KeyValue {
  readonly key: string
  readonly value: string
}

export interface RangeAnswer {
  readonly header: Header
  readonly entries: readonly KeyValue[]
}

export interface WatchEvent extends KeyValue {
  readonly isDelete: boolean
}

export interface WatchAnswer {
  readonly header: Header
  readonly isCreated: boolean
  readonly events: readonly WatchEvent[]
  /** The watch is over, because of `reason` where that is not empty. */
  readonly isCanceled: boolean
  /** Above 0: what the watch was to begin with is gone. */
  readonly compactRevision: number
  readonly reason: string
}

type Json = Readonly<Record<string, unknown>>

export function encode(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** `key` and `range_end` of all keys that begin with the prefix (`KeyRange`: the end is the prefix with one added to its last byte). */
export function rangeOf(prefix: string): { readonly key: string; readonly range_end: string } {
  const bytes = Buffer.from(prefix)
  // A byte of 255 never occurs in UTF-8. A zero byte is the first key, and as the end: every key from there on.
  if (bytes.length === 0) return { key: encode('\0'), range_end: encode('\0') }
  const end = Buffer.from(bytes)
  end[end.length - 1] = (end.at(-1) as number) + 1
  return { key: bytes.toString('base64'), range_end: end.toString('base64') }
}

/** @throws Error when it is no such answer */
export function readRange(json: unknown): RangeAnswer {
  const body = objectOf(json)
  return { header: readHeader(body['header']), entries: listOf(body['kvs']).map(readKeyValue) }
}

/** One line of the answer to a watch. @throws Error when it is none, or with what etcd says instead */
export function readWatchLine(line: string): WatchAnswer {
  const body = objectOf(JSON.parse(line))
  if (body['result'] === undefined) throw new Error(`etcd ended the watch: ${reasonOf(body)}`)
  const result = objectOf(body['result'])
  return {
    header: readHeader(result['header']),
    isCreated: result['created'] === true,
    events: listOf(result['events']).map((event) => ({ ...readKeyValue(event['kv']), isDelete: event['type'] === 'DELETE' })),
    isCanceled: result['canceled'] === true,
    compactRevision: numberOf(result['compact_revision']),
    reason: typeof result['cancel_reason'] === 'string' ? result['cancel_reason'] : ''
  }
}

/** What an answer other than 200 says, in the forms of the gateway's versions. */
export function reasonOf(json: unknown): string {
  if (typeof json !== 'object' || json === null) return 'no reason'
  const { error, message } = json as Json
  const said = message ?? (typeof error === 'object' && error !== null ? (error as Json)['message'] : error)
  return typeof said === 'string' ? said : 'no reason'
}

function readHeader(json: unknown): Header {
  const header = objectOf(json)
  const clusterId = header['cluster_id']
  return { clusterId: typeof clusterId === 'string' ? clusterId : '', revision: numberOf(header['revision']) }
}

function readKeyValue(json: unknown): KeyValue {
  const { key, value } = objectOf(json)
  return { key: decode(key), value: decode(value) }
}

function decode(value: unknown): string {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString() : ''
}

function numberOf(value: unknown): number {
  return Number(value ?? 0)
}

function objectOf(value: unknown): Json {
  if (typeof value !== 'object' || value === null) throw new Error(`expected an answer of etcd, got ${JSON.stringify(value)}`)
  return value as Json
}

/** Empty lists are left out by the gateway. */
function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as Json[]) : []
}
