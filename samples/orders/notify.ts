import type { CallContext } from '../kit/http-client.ts'
import type { Shop } from './shop.ts'
import type { Order } from './store.ts'

/** Tells the user how the order stands. A letter that cannot be sent changes nothing about the order. */
export async function notifyAbout({ dependencies, log }: Shop, order: Order, context: CallContext): Promise<void> {
  const letter = {
    userId: order.userId,
    subject: `Your order is ${order.status}`,
    message: `Order ${order.id} over ${(order.totalCents / 100).toFixed(2)} is now ${order.status}.`
  }
  try {
    await dependencies.notify(letter, context)
  } catch (error) {
    log.warn({ orderId: order.id, err: error }, 'the user could not be notified')
  }
}
