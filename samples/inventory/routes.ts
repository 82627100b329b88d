import { type Static, Type } from 'typebox'
import { Problem } from '../kit/problem.ts'
import { Id } from '../kit/schemas.ts'
import type { ServiceApp } from '../kit/type-provider.ts'
import type { InventoryStore, ReserveResult } from './store.ts'

const maxQuantity = 1_000_000_000
const ProductParams = Type.Object({ productId: Id })

const StockBody = Type.Object(
  {
    set: Type.Optional(Type.Integer({ minimum: 0, maximum: maxQuantity })),
    add: Type.Optional(Type.Integer({ minimum: -maxQuantity, maximum: maxQuantity }))
  },
  { additionalProperties: false, minProperties: 1, maxProperties: 1 }
)

const ReserveBody = Type.Object(
  {
    quantity: Type.Integer({ minimum: 1, maximum: maxQuantity }),
    orderId: Type.Optional(Id)
  },
  { additionalProperties: false }
)

const ReleaseBody = Type.Object({ orderId: Id }, { additionalProperties: false })

export function registerInventoryRoutes(app: ServiceApp, store: InventoryStore, { newId }: { newId: () => string }): void {
  app.get('/inventory/:productId/stock', { schema: { params: ProductParams } }, async ({ params: { productId } }) => {
    const stock = store.stockOf(productId)
    if (stock === undefined) throw notStocked(productId)
    return stock
  })

  app.post('/inventory/:productId/stock', { schema: { params: ProductParams, body: StockBody } }, async ({ params, body }) => {
    return changeStock(store, params.productId, body)
  })

  app.post('/inventory/:productId/reserve', { schema: { params: ProductParams, body: ReserveBody } }, async ({ params, body }) => {
    const { productId } = params
    // Without an order to be idempotent for, each request is a reservation of its own.
    const { quantity, orderId = newId() } = body
    const result = store.reserve(productId, orderId, quantity)
    if (result.kind === 'reserved') return { productId, orderId, quantity, available: result.available }
    throw refusal(productId, orderId, quantity, result)
  })

  app.post('/inventory/:productId/release', { schema: { params: ProductParams, body: ReleaseBody } }, async ({ params, body }) => {
    const { productId } = params
    const { orderId } = body
    const released = store.release(productId, orderId)
    return { productId, orderId, released, available: store.stockOf(productId)?.available ?? 0 }
  })
}

function changeStock(store: InventoryStore, productId: string, { set, add }: Static<typeof StockBody>) {
  if (set !== undefined) return store.set(productId, set)
  const stock = store.add(productId, add ?? 0)
  if (stock === undefined) {
    throw new Problem(409, 'insufficient-stock', `Product '${productId}' has fewer than ${-(add ?? 0)} to take away`)
  }
  return stock
}

function refusal(productId: string, orderId: string, quantity: number, result: Exclude<ReserveResult, { kind: 'reserved' }>): Problem {
  switch (result.kind) {
    case 'not-stocked':
      return notStocked(productId)
    case 'insufficient':
      return new Problem(409, 'insufficient-stock', `Only ${result.available} of product '${productId}' are available, ${quantity} were asked for`, {
        productId,
        available: result.available
      })
    case 'already-released':
      return new Problem(409, 'reservation-released', `The reservation of order '${orderId}' was released before`)
    case 'other-quantity':
      return new Problem(409, 'reservation-differs', `Order '${orderId}' has reserved ${result.quantity}, not ${quantity}`)
  }
}

function notStocked(productId: string): Problem {
  return new Problem(404, 'not-found', `There is no stock record of product '${productId}'`)
}
