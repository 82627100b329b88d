import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Teardown } from './gateway.ts'

type Json = Readonly<Record<string, unknown>>

interface Slice extends Json {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly resourceVersion: string
    readonly labels: Readonly<Record<string, string>>
  }
}

interface Change {
  readonly version: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly slice: Slice
}

interface Watch {
  readonly response: ServerResponse
  readonly matches: (slice: Slice) => boolean
  readonly wantsBookmarks: boolean
  readonly cancelTimer: () => void
}

export interface SeenRequest {
  readonly verb: 'list' | 'watch'
  readonly namespace: string
  readonly query: URLSearchParams
  readonly token: string | null
  readonly status: number
}

/** What a slice is made from; the rest is filled in as the EndpointSlice controller does. */
export interface SliceSpec {
  readonly service: string
  readonly endpoints: readonly Json[] | null
  readonly ports?: readonly Json[] | null
  readonly addressType?: string
  readonly namespace?: string
}

const PATH = /^\/apis\/discovery\.k8s\.io\/v1\/namespaces\/([^/]+)\/endpointslices$/
const KIND = { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1' }

const EXPIRED = `${JSON.stringify({ type: 'ERROR', object: statusOf(410, 'too old resource version', 'Expired') })}\n`

/**
 * EndpointSlices of an API server as kubernetes.io/docs/reference/using-api/api-concepts describes it: one version for all changes, lists in
 * pages of one moment, watches that tell every change after a version, bookmarks, and 410 for what has been compacted.
 */
export class KubernetesApiServer {
  readonly seen: SeenRequest[] = []
  /** Bearer tokens that are accepted; null lets everybody in. */
  tokens: readonly string[] | null = null
  forbidden: readonly ('list' | 'watch')[] = []
  /** Least number of slices after which a list is cut into pages; a server may give fewer than it was asked for. */
  pageSize = Infinity
  /** Both are seen of real servers. */
  goneAs: 'status' | 'event' = 'event'
  /** Ends every watch as soon as it has begun. */
  endsWatchesAtOnce = false
  /** Called when the first page of a list was sent and there is another. */
  onFirstPage: () => void = () => {}
  #cut: 'connection' | 'end' | null = null
  #version = 1000
  #compacted = 0
  readonly #slices = new Map<string, Slice>()
  #history: Change[] = []
  readonly #lists = new Map<number, readonly Slice[]>()
  readonly #watches = new Set<Watch>()
  readonly #sockets = new Set<Socket>()
  readonly #server: http.Server
  #port = 0

  /** @param server To have it speak TLS. */
  constructor(server: http.Server = http.createServer()) {
    this.#server = server
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#serve(request, response))
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Watches that are open. */
  get watches(): number {
    return this.#watches.size
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size
  }

  get version(): string {
    return String(this.#version)
  }

  /** Creates a slice, or replaces it. */
  apply(
    name: string,
    { service, endpoints, ports = [{ name: '', port: 8001, protocol: 'TCP' }], addressType = 'IPv4', namespace = 'default' }: SliceSpec
  ): void {
    const key = `${namespace}/${name}`
    const type = this.#slices.has(key) ? 'MODIFIED' : 'ADDED'
    const version = ++this.#version
    const labels = { 'kubernetes.io/service-name': service, 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' }
    const metadata = { name, namespace, resourceVersion: String(version), labels }
    const slice = { ...KIND, metadata, addressType, endpoints, ports }
    this.#slices.set(key, slice)
    this.#tell({ version, type, slice })
  }

  remove(name: string, namespace = 'default'): void {
    const slice = this.#slices.get(`${namespace}/${name}`)
    if (slice === undefined) throw new Error(`there is no slice ${name}`)
    this.#slices.delete(`${namespace}/${name}`)
    const version = ++this.#version
    // The last state of the object, with the version of its deletion.
    this.#tell({ version, type: 'DELETED', slice: { ...slice, metadata: { ...slice.metadata, resourceVersion: String(version) } } })
  }

  /** Something else in the cluster changes. */
  moveOn(): void {
    this.#version++
  }

  /** Tells the watches that want it that there is nothing new up to now. */
  bookmark(): void {
    for (const { response, wantsBookmarks } of this.#watches) if (wantsBookmarks) response.write(this.#bookmarkLine())
  }

  /** Forgets what was before now, and pages of lists with it. Watches that are open go on. */
  compact(): void {
    this.#compacted = this.#version
    this.#history = []
    this.#lists.clear()
  }

  /** Ends all watches as the server does when their time is over. */
  endWatches(): void {
    for (const watch of this.#watches) this.#end(watch)
  }

  /** Tells all watches that they have fallen behind too far. */
  expireWatches(): void {
    for (const watch of this.#watches) this.#end(watch, EXPIRED)
  }

  /** Of the next change each watch gets half a line, then the end of the connection or of the answer. */
  cutNextLine(where: 'connection' | 'end'): void {
    this.#cut = where
  }

  async up(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async down(): Promise<void> {
    for (const { cancelTimer } of this.#watches) cancelTimer()
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://api')
    const namespace = PATH.exec(url.pathname)?.[1]
    const query = url.searchParams
    const verb = ['1', 'true'].includes(query.get('watch') ?? '') ? 'watch' : 'list'
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null
    const refusal = this.#refuse(namespace, verb, query, token)
    this.seen.push({ verb, namespace: namespace ?? '', query, token, status: refusal ?? 200 })
    if (refusal !== null) return sendStatus(response, refusal, `${refusal} for ${verb}`)
    if (verb === 'watch') this.#watch(namespace ?? '', query, response)
    else this.#list(namespace ?? '', query, response)
  }

  #refuse(namespace: string | undefined, verb: 'list' | 'watch', query: URLSearchParams, token: string | null): number | null {
    if (this.tokens !== null && (token === null || !this.tokens.includes(token))) return 401
    if (namespace === undefined) return 404
    if (this.forbidden.includes(verb)) return 403
    const isOld = verb === 'watch' && Number(query.get('resourceVersion') ?? this.#version) < this.#compacted
    return isOld && this.goneAs === 'status' ? 410 : null
  }

  #list(namespace: string, query: URLSearchParams, response: ServerResponse): void {
    const token = query.get('continue')
    const from = token === null ? { version: this.#version, skip: 0 } : (JSON.parse(atob(token)) as { version: number; skip: number })
    if (token === null) this.#lists.set(from.version, [...this.#slices.values()].filter(selector(namespace, query)).toSorted(byName))
    const all = this.#lists.get(from.version)
    if (all === undefined) return sendStatus(response, 410, 'The provided continue parameter is too old', 'Expired')
    const limit = query.has('limit') ? Math.min(Number(query.get('limit')), this.pageSize) : Infinity
    const items = all.slice(from.skip, from.skip + limit)
    const skip = from.skip + items.length
    const more = skip < all.length ? { continue: btoa(JSON.stringify({ version: from.version, skip })), remainingItemCount: all.length - skip } : {}
    sendJson(response, 200, { ...KIND, kind: 'EndpointSliceList', metadata: { resourceVersion: String(from.version), ...more }, items })
    if (token === null && skip < all.length) this.onFirstPage()
  }

  #watch(namespace: string, query: URLSearchParams, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    const after = Number(query.get('resourceVersion'))
    if (after < this.#compacted) return void response.end(EXPIRED)
    const timer = setTimeout(() => response.end(), Number(query.get('timeoutSeconds') ?? 1800) * 1000)
    const cancelTimer = (): void => clearTimeout(timer)
    const watch = { response, matches: selector(namespace, query), wantsBookmarks: query.get('allowWatchBookmarks') === 'true', cancelTimer }
    this.#watches.add(watch)
    response.once('close', () => {
      cancelTimer()
      this.#watches.delete(watch)
    })
    for (const change of this.#history) if (change.version > after) this.#send(watch, change)
    if (this.endsWatchesAtOnce) this.#end(watch)
  }

  #tell(change: Change): void {
    this.#history.push(change)
    for (const watch of this.#watches) this.#send(watch, change)
    this.#cut = null
  }

  #end(watch: Watch, lastWords = ''): void {
    this.#watches.delete(watch)
    watch.response.end(lastWords)
  }

  #send(watch: Watch, { type, slice }: Change): void {
    if (!watch.matches(slice)) return
    const { response } = watch
    const line = `${JSON.stringify({ type, object: slice })}\n`
    const half = line.slice(0, line.length / 2)
    if (this.#cut === null) response.write(line)
    else if (this.#cut === 'end') this.#end(watch, half)
    else response.write(half, () => response.socket?.destroy())
  }

  #bookmarkLine(): string {
    const metadata = { resourceVersion: String(this.#version), creationTimestamp: null }
    return `${JSON.stringify({ type: 'BOOKMARK', object: { ...KIND, metadata, endpoints: null, ports: null } })}\n`
  }
}

export async function startKubernetesApi(t: Teardown, server?: http.Server): Promise<KubernetesApiServer> {
  const api = new KubernetesApiServer(server)
  await api.up()
  t.teardown(() => api.down())
  return api
}

function selector(namespace: string, query: URLSearchParams): (slice: Slice) => boolean {
  const [label = '', value = ''] = (query.get('labelSelector') ?? '').split('=')
  return ({ metadata }) => metadata.namespace === namespace && (label === '' || metadata.labels[label] === value)
}

function byName(a: Slice, b: Slice): number {
  return a.metadata.name < b.metadata.name ? -1 : 1
}

function statusOf(code: number, message: string, reason: string): Json {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
}

function sendStatus(response: ServerResponse, code: number, message: string, reason = http.STATUS_CODES[code] ?? ''): void {
  sendJson(response, code, statusOf(code, message, reason))
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
