import { type Static, type TSchema, Type } from 'typebox'
import { Check } from 'typebox/value'
import { type CallAnswer, type CallContext, createServiceClient, DependencyError, type ServiceClient } from '../kit/http-client.ts'
import type { OrdersSettings } from './settings.ts'
import type { Order, OrderItem } from './store.ts'

/** What came back from a service that may say no; `detail` is its own sentence about why. */
export type Answer = { accepted: true } | { accepted: false; detail: string }

/** The other services, in the words of an order. Each call throws a DependencyError when the service fails. */
export interface Dependencies {
  userExists: (userId: string, context: CallContext) => Promise<boolean>
  /** Undefined when there is no such product. */
  priceCentsOf: (productId: string, context: CallContext) => Promise<number | undefined>
  reserve: (order: Order, item: OrderItem, context: CallContext) => Promise<Answer>
  release: (order: Order, item: OrderItem, context: CallContext) => Promise<void>
  charge: (order: Order, context: CallContext) => Promise<Answer>
  voidPayment: (order: Order, context: CallContext) => Promise<void>
  notify: (letter: { userId: string; subject: string; message: string }, context: CallContext) => Promise<void>
}

/** Nobody waits for a letter to be accepted as long as for money. */
const longestNotifyMs = 500

// Only what an order needs is checked, so that the other services are free to answer more.
const ProductAnswer = Type.Object({ priceCents: Type.Integer({ minimum: 1 }) })
const RefusalAnswer = Type.Object({ detail: Type.String() })

export function createDependencies({ urls, dependencyTimeoutMs: timeoutMs }: OrdersSettings): Dependencies {
  const users = createServiceClient('users', { url: urls.users, timeoutMs })
  const products = createServiceClient('products', { url: urls.products, timeoutMs })
  const inventory = createServiceClient('inventory', { url: urls.inventory, timeoutMs })
  const payments = createServiceClient('payments', { url: urls.payments, timeoutMs })
  const notifications = createServiceClient('notifications', {
    url: urls.notifications,
    timeoutMs: Math.min(timeoutMs, longestNotifyMs)
  })
  const stockPath = (item: OrderItem, action: string): string => `/inventory/${encodeURIComponent(item.productId)}/${action}`

  return {
    async userExists(userId, context) {
      const answer = await users.get(`/users/${encodeURIComponent(userId)}`, context)
      // An id that the users service does not even accept as one belongs to nobody.
      if (answer.status === 404 || answer.status === 400) return false
      expectOk(users, answer)
      return true
    },
    async priceCentsOf(productId, context) {
      const answer = await products.get(`/products/${encodeURIComponent(productId)}`, context)
      if (answer.status === 404) return undefined
      expectOk(products, answer)
      return read(products, ProductAnswer, answer).priceCents
    },
    async reserve(order, item, context) {
      const answer = await inventory.post(stockPath(item, 'reserve'), { orderId: order.id, quantity: item.quantity }, context)
      return acceptedOr(inventory, answer, [404, 409])
    },
    async release(order, item, context) {
      expectOk(inventory, await inventory.post(stockPath(item, 'release'), { orderId: order.id }, context))
    },
    async charge(order, context) {
      const charge = { orderId: order.id, userId: order.userId, amountCents: order.totalCents }
      return acceptedOr(payments, await payments.post('/payments', charge, context), [402, 409])
    },
    async voidPayment(order, context) {
      expectOk(payments, await payments.post('/payments/void', { orderId: order.id }, context))
    },
    async notify(letter, context) {
      expectOk(notifications, await notifications.post('/notifications', letter, context))
    }
  }
}

function acceptedOr(client: ServiceClient, answer: CallAnswer, refusals: readonly number[]): Answer {
  if (refusals.includes(answer.status)) return { accepted: false, detail: read(client, RefusalAnswer, answer).detail }
  expectOk(client, answer)
  return { accepted: true }
}

function expectOk({ dependency }: ServiceClient, { status }: CallAnswer): void {
  if (status < 200 || status > 299) throw new DependencyError(dependency, `gave an unexpected answer, ${status}`)
}

function read<T extends TSchema>({ dependency }: ServiceClient, schema: T, { body }: CallAnswer): Static<T> {
  // The type of a schema that is not known yet is `any` to the linter.
  // oxlint-disable-next-line typescript/no-unsafe-return
  if (Check(schema, body)) return body
  throw new DependencyError(dependency, 'gave an answer that is not understood')
}
