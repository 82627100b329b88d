import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Teardown } from './gateway.ts'

type Json = Readonly<Record<string, unknown>>
type ActionType = 'ADDED' | 'MODIFIED' | 'DELETED'

/** What an instance is made from; the rest is filled in as a client does. */
export interface InstanceSpec {
  readonly id?: string
  readonly host: string
  readonly port: number
  readonly status?: string
  readonly metadata?: Readonly<Record<string, string>>
  /** Written over all the rest. */
  readonly fields?: Json
}

export interface SeenRequest {
  readonly path: string
  readonly authorization: string | null
  readonly status: number
}

interface Instance extends Json {
  readonly instanceId: string
  readonly status: string
}

interface Lease {
  readonly app: string
  readonly instance: Instance & { readonly actionType: ActionType }
}

/**
 * A Eureka server as its wiki describes it for clients that are not in Java: all applications, and the changes of the last minutes with the
 * hash of all of them. Instances are registered by calls rather than by POST.
 */
export class EurekaServer {
  readonly seen: SeenRequest[] = []
  /** `user:password`; null lets everybody in. */
  credentials: string | null = null
  /** What `/apps/delta` is answered with instead: 403 where deltas are switched off, 404 where there are none. */
  deltaStatus: number | null = null
  /** As a server that is still filling up from its peers. */
  allStatus: number | null = null
  /** As servers do whose JSON is made from XML. */
  writesSinglesAsObjects = false
  readonly #basePath: string
  readonly #leases = new Map<string, Lease>()
  #changes = new Map<string, Lease>()
  readonly #sockets = new Set<Socket>()
  readonly #server = http.createServer((request, response) => this.#serve(request, response))
  #port = 0

  constructor(basePath: string) {
    this.#basePath = basePath
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}${this.#basePath}`
  }

  get connections(): number {
    return this.#sockets.size
  }

  count(path: string): number {
    return this.seen.filter((request) => request.path === path).length
  }

  /** Adds an instance, or changes it. */
  register(app: string, spec: InstanceSpec): void {
    const instance = instanceOf(app, spec)
    const key = `${app}/${instance.instanceId}`
    this.#change(key, { app, instance: { ...instance, actionType: this.#leases.has(key) ? 'MODIFIED' : 'ADDED' } })
  }

  setStatus(app: string, id: string, status: string): void {
    const lease = this.#leases.get(`${app}/${id}`)
    if (lease === undefined) throw new Error(`there is no instance ${id}`)
    this.#change(`${app}/${id}`, { app, instance: { ...lease.instance, status, actionType: 'MODIFIED' } })
  }

  cancel(app: string, id: string): void {
    const lease = this.#leases.get(`${app}/${id}`)
    if (lease === undefined) throw new Error(`there is no instance ${id}`)
    this.#leases.delete(`${app}/${id}`)
    this.#changes.set(`${app}/${id}`, { app, instance: { ...lease.instance, actionType: 'DELETED' } })
  }

  /** As when the changes have become too old for a delta. */
  forgetChanges(): void {
    this.#changes = new Map()
  }

  /** As a restart does: nothing is kept. */
  forgetAll(): void {
    this.#leases.clear()
    this.forgetChanges()
  }

  async up(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async down(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #change(key: string, lease: Lease): void {
    this.#leases.set(key, lease)
    this.#changes.delete(key)
    this.#changes.set(key, lease)
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').slice(this.#basePath.length)
    const authorization = request.headers.authorization ?? null
    const status = this.#statusOf(request.url ?? '', path, authorization)
    this.seen.push({ path, authorization, status })
    if (status !== 200) response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    else this.#answer(response, path === '/apps' ? this.#leases : this.#changes)
  }

  #statusOf(url: string, path: string, authorization: string | null): number {
    if (this.credentials !== null && authorization !== `Basic ${btoa(this.credentials)}`) return 401
    if (!url.startsWith(`${this.#basePath}/`) || !['/apps', '/apps/delta'].includes(path)) return 404
    return (path === '/apps' ? this.allStatus : this.deltaStatus) ?? 200
  }

  #answer(response: ServerResponse, leases: ReadonlyMap<string, Lease>): void {
    const list = (values: readonly unknown[]) => (this.writesSinglesAsObjects ? (values.length > 1 ? values : values[0]) : values)
    const apps = Map.groupBy(leases.values(), ({ app }) => app.toUpperCase())
    const application = list([...apps].map(([name, own]) => ({ name, instance: list(own.map(({ instance }) => instance)) })))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ applications: { versions__delta: '1', apps__hashcode: this.#hash(), application } }))
  }

  /** Always of the whole registry. */
  #hash(): string {
    const byStatus = Map.groupBy(this.#leases.values(), ({ instance }) => instance.status)
    return [...byStatus]
      .map(([status, { length }]) => `${status}_${length}_`)
      .toSorted()
      .join('')
  }
}

export async function startEureka(t: Teardown, basePath = '/eureka'): Promise<EurekaServer> {
  const server = new EurekaServer(basePath)
  await server.up()
  t.teardown(() => server.down())
  return server
}

function instanceOf(app: string, { id, host, port, status = 'UP', metadata = {}, fields = {} }: InstanceSpec): Instance {
  return {
    instanceId: id ?? `${host}:${app}:${port}`,
    hostName: 'not-to-be-resolved.invalid',
    app: app.toUpperCase(),
    ipAddr: host,
    status,
    overriddenStatus: 'UNKNOWN',
    port: { $: port, '@enabled': 'true' },
    securePort: { $: 443, '@enabled': 'false' },
    dataCenterInfo: { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' },
    leaseInfo: { renewalIntervalInSecs: 30, durationInSecs: 90 },
    metadata: { '@class': 'java.util.Collections$EmptyMap', ...metadata },
    vipAddress: app,
    ...fields
  }
}
