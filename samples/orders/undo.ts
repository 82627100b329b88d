import type { CallContext } from '../kit/http-client.ts'
import type { Shop } from './shop.ts'
import type { Order } from './store.ts'

/**
 * Gives back the stock and the money of an order. Both services take the same request any number of times, and refuse
 * what arrives late for an order that was given back. What cannot be done now stays noted, and is tried again by
 * `recover`. Never throws for a service that is down.
 */
export async function undo({ store, dependencies, log }: Shop, order: Order, context: CallContext): Promise<void> {
  const results = await Promise.allSettled([
    dependencies.voidPayment(order, context),
    ...order.items.map((item) => dependencies.release(order, item, context))
  ])
  const failures = results.filter((result) => result.status === 'rejected')
  if (failures.length === 0) store.undoDone(order.id)
  else log.warn({ orderId: order.id, err: failures[0]?.reason }, 'an order could not be undone yet')
}
