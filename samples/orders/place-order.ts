import { type CallContext, DependencyError, dependencyUnavailable } from '../kit/http-client.ts'
import { Problem } from '../kit/problem.ts'
import { notifyAbout } from './notify.ts'
import { isUndone } from './order-status.ts'
import type { Shop } from './shop.ts'
import type { Order, OrderItem } from './store.ts'
import { undo } from './undo.ts'

export interface OrderRequest {
  userId: string
  items: readonly { productId: string; quantity: number }[]
}

/**
 * Places an order: checks it, keeps it as pending, reserves and charges, confirms. What goes wrong after it was kept
 * rejects it and gives back what it held. Throws a Problem for the one who ordered.
 */
export async function placeOrder(shop: Shop, request: OrderRequest, context: CallContext): Promise<Order> {
  const order = shop.store.create(request.userId, await checkedItems(shop, request, context))
  const problem = await reserveAndCharge(shop, order, context)
  if (problem !== undefined) {
    const result = shop.store.transition(order.id, 'rejected', problem.message)
    if (result !== undefined && isUndone(result.order.status)) await undo(shop, order, context)
    throw problem
  }
  const confirmed = await confirm(shop, order, context)
  await notifyAbout(shop, confirmed, context)
  return confirmed
}

/** The items with their prices; one that is listed twice becomes one with the sum, for stock is reserved per product. */
async function checkedItems(shop: Shop, { userId, items }: OrderRequest, context: CallContext): Promise<OrderItem[]> {
  const quantities = new Map<string, number>()
  for (const { productId, quantity } of items) quantities.set(productId, (quantities.get(productId) ?? 0) + quantity)
  const [userExists, priced] = await Promise.all([
    shop.dependencies.userExists(userId, context),
    Promise.all(
      Array.from(quantities, async ([productId, quantity]) => {
        return { productId, quantity, priceCents: await shop.dependencies.priceCentsOf(productId, context) }
      })
    )
  ])
  if (!userExists) throw new Problem(422, 'unknown-user', `There is no user '${userId}'`)
  return priced.map(({ priceCents, ...item }) => {
    if (priceCents === undefined) throw new Problem(422, 'unknown-product', `There is no product '${item.productId}'`)
    return { ...item, priceCents }
  })
}

/** Undefined when all went well. */
async function reserveAndCharge({ dependencies }: Shop, order: Order, context: CallContext): Promise<Problem | undefined> {
  const orderId = order.id
  try {
    for (const item of order.items) {
      const reserved = await dependencies.reserve(order, item, context)
      if (!reserved.accepted) {
        return new Problem(409, 'insufficient-stock', reserved.detail, { orderId, productId: item.productId })
      }
    }
    const charged = await dependencies.charge(order, context)
    return charged.accepted ? undefined : new Problem(402, 'payment-declined', charged.detail, { orderId })
  } catch (error) {
    if (error instanceof DependencyError) return dependencyUnavailable(error, { orderId })
    throw error
  }
}

async function confirm(shop: Shop, order: Order, context: CallContext): Promise<Order> {
  const result = shop.store.transition(order.id, 'confirmed')
  if (result === undefined) throw new Error(`Order ${order.id} is gone while it was being placed`)
  if (result.moved) return result.order
  // Somebody else decided about it in the meantime. If they rejected it, what was just reserved and charged goes back.
  if (result.order.status !== 'rejected') return result.order
  shop.store.requireUndo(order.id)
  await undo(shop, order, context)
  throw new Problem(409, 'order-rejected', result.order.reason ?? 'The order was rejected meanwhile', { orderId: order.id })
}
