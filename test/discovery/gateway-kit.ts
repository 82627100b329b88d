import { eventually, send } from '../support/client.ts'
import type { Consul } from '../support/consul.ts'
import { document, startGateway, type Teardown, type TestGateway } from '../support/gateway.ts'
import { type Origin, startOrigin } from '../support/origin.ts'
import { register } from './consul-kit.ts'

/** An origin that is registered in Consul as an instance of `orders`. */
export interface RegisteredOrigin extends Origin {
  readonly id: string
  /** Requests so far. */
  hits(): number
  register(weight?: number): Promise<unknown>
  deregister(): Promise<unknown>
  /** Lets its check fail, or pass again. */
  check(state: 'pass' | 'fail'): Promise<unknown>
}

export async function startRegistered(t: Teardown, consul: Pick<Consul, 'put'>, id: string): Promise<RegisteredOrigin> {
  let hits = 0
  const origin = await startOrigin(t, (_request, response) => {
    hits++
    response.end(id)
  })
  const one: RegisteredOrigin = Object.assign(Object.create(origin) as Origin, {
    id,
    hits: () => hits,
    register: (weight = 1) => register(consul, 'orders', id, { host: '127.0.0.1', port: origin.port, weight }, { check: 'passing' }),
    deregister: () => consul.put(`/v1/agent/service/deregister/${id}`),
    check: (state: 'pass' | 'fail') => consul.put(`/v1/agent/check/${state}/${id}-check`)
  })
  await one.register()
  return one
}

/** A document with the service `orders` of a Consul behind every path. */
export function ordersOf(consulUrl: string, more = '', upstream = ''): string {
  return `discovery: { consul: { address: "${consulUrl}" }${more} }
telemetry: { log: { access: false } }
upstreams:
  orders: { discovery: { consul: { service: orders } }${upstream} }
routes:
  - { name: all, match: { path: "/*" }, upstream: orders }`
}

export async function startDiscovering(t: Teardown, consulUrl: string, more = '', upstream = ''): Promise<TestGateway> {
  return startGateway(t, ordersOf(consulUrl, more, upstream))
}

/** The whole document, for a reload. */
export function ordersDocument(consulUrl: string, more = '', upstream = ''): string {
  return document(ordersOf(consulUrl, more, upstream))
}

export interface UpstreamDescription {
  readonly endpoints: readonly {
    readonly url: string
    readonly weight: number
    readonly source: string
    readonly held?: string
    readonly restored?: boolean
  }[]
  readonly discovery: {
    readonly stale: boolean
    readonly ageSeconds: number | null
    readonly lastError?: string
    readonly held?: readonly unknown[]
    readonly skipped?: readonly unknown[]
  }
}

export async function describe(gateway: TestGateway): Promise<UpstreamDescription> {
  const [only] = (await send(`${gateway.adminUrl}/upstreams`)).json() as [UpstreamDescription]
  return only
}

/** Waits until the gateway has these endpoints, and says how long it took. */
export async function untilEndpoints(gateway: TestGateway, origins: readonly { readonly url: string }[], limitMs = 5000): Promise<number> {
  const wanted = origins.map(({ url }) => url).toSorted()
  const started = performance.now()
  await eventually(async () => {
    const found = (await describe(gateway)).endpoints.map(({ url }) => url).toSorted()
    return found.join(' ') === wanted.join(' ')
  }, limitMs)
  return performance.now() - started
}

/** Sends requests one after the other from several clients until it is told to end; resolves to what was not a 200. */
export function load(url: string, clients = 4): { end(): Promise<{ readonly requests: number; readonly failures: readonly string[] }> } {
  const failures: string[] = []
  let requests = 0
  const end = new AbortController()
  const client = async (): Promise<void> => {
    while (!end.signal.aborted) {
      requests++
      try {
        const answer = await send(url)
        if (answer.status !== 200) failures.push(`${answer.status} ${answer.text}`)
      } catch (error) {
        failures.push(String(error))
      }
    }
  }
  const running = Promise.all(Array.from({ length: clients }, client))
  return {
    async end() {
      end.abort()
      await running
      return { requests, failures }
    }
  }
}
