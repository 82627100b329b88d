import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import type { Test } from 'tap'
import { buildInventoryApp } from '../../samples/inventory/app.ts'
import type { ServiceOptions } from '../../samples/kit/service-app.ts'
import type { ServiceApp } from '../../samples/kit/type-provider.ts'
import { buildNotificationsApp } from '../../samples/notifications/app.ts'
import { buildOrdersApp } from '../../samples/orders/app.ts'
import type { DependencyUrls } from '../../samples/orders/settings.ts'
import { buildPaymentsApp } from '../../samples/payments/app.ts'
import { buildProductsApp } from '../../samples/products/app.ts'
import { buildUsersApp } from '../../samples/users/app.ts'

/** A large odd time, so that nothing passes because it is near zero or now. */
export const startOfTime = new Date(4_102_444_799_999)

export interface Answer {
  status: number
  headers: Headers
  /** As loose as JSON is: the assertions of a test are what checks its shape. */
  body: ReturnType<typeof JSON.parse>
}

/** Options of a service with a private database and ids that count up. */
export function serviceOptions(overrides: Partial<ServiceOptions> = {}): ServiceOptions {
  let ids = 0
  return {
    instance: 'test-1',
    database: ':memory:',
    seed: true,
    logger: pino({ level: 'silent' }),
    now: () => startOfTime,
    newId: () => `id-${++ids}`,
    ...overrides
  }
}

/** Starts a built app on a free port; it closes with the test. Gives its URL. */
export async function listen(t: Test, app: ServiceApp): Promise<string> {
  t.teardown(async () => {
    await app.close()
  })
  return app.listen({ host: '127.0.0.1', port: 0 })
}

export interface ShopOptions {
  limitCents?: number
  dependencyTimeoutMs?: number
  now?: () => Date
  /** Replaces services by what answers at these addresses. */
  urls?: Partial<DependencyUrls>
  ordersDatabase?: string
}

export type ShopUrls = DependencyUrls & { orders: string }

/** The whole shop, seeded, each service on a port of its own. */
export async function startShop(t: Test, { limitCents = 1_000_000, urls = {}, now, ...options }: ShopOptions = {}): Promise<ShopUrls> {
  const common = now === undefined ? {} : { now }
  const dependencies: DependencyUrls = {
    users: await listen(t, buildUsersApp(serviceOptions(common))),
    products: await listen(t, buildProductsApp(serviceOptions(common))),
    inventory: await listen(t, buildInventoryApp(serviceOptions(common))),
    payments: await listen(t, buildPaymentsApp({ ...serviceOptions(common), limitCents })),
    notifications: await listen(t, buildNotificationsApp(serviceOptions(common)))
  }
  const orders = await listen(
    t,
    buildOrdersApp({
      ...serviceOptions({ ...common, database: options.ordersDatabase ?? ':memory:' }),
      urls: { ...dependencies, ...urls },
      dependencyTimeoutMs: options.dependencyTimeoutMs ?? 5_000,
      recoverEveryMs: 3_600_000
    })
  )
  return { ...dependencies, orders }
}

/** A server of the test's own that stands in for a service. */
export async function startStub(t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return urlOf(server.address() as AddressInfo)
}

/** An address where nobody listens. */
export async function closedUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = urlOf(server.address() as AddressInfo)
  server.close()
  await once(server, 'close')
  return url
}

export async function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return answerOf(await fetch(url, { headers }))
}

export async function send(method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const request: RequestInit = { method, headers }
  if (body !== undefined) {
    request.headers = { 'content-type': 'application/json', ...headers }
    request.body = JSON.stringify(body)
  }
  return answerOf(await fetch(url, request))
}

export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return send('POST', url, body, headers)
}

/** What the inventory has of a product. */
export async function stockOf(shop: { inventory: string }, productId: string): Promise<{ available: number; reserved: number }> {
  const {
    body: { available, reserved }
  } = await get(`${shop.inventory}/inventory/${productId}/stock`)
  return { available, reserved }
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

function urlOf({ port }: AddressInfo): string {
  return `http://127.0.0.1:${port}`
}
