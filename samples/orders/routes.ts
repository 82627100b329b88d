import { Type } from 'typebox'
import { created } from '../kit/created.ts'
import { pageQuery } from '../kit/page.ts'
import { notFound, Problem } from '../kit/problem.ts'
import { Id, IdParams, Text } from '../kit/schemas.ts'
import type { ServiceApp } from '../kit/type-provider.ts'
import { callContextOf, userConcerned, verifiedUserOf } from './caller.ts'
import { notifyAbout } from './notify.ts'
import { isUndone, nextStatusesOf } from './order-status.ts'
import { placeOrder } from './place-order.ts'
import type { Shop } from './shop.ts'
import { undo } from './undo.ts'

const OrderBody = Type.Object(
  {
    userId: Type.Optional(Id),
    items: Type.Array(Type.Object({ productId: Id, quantity: Type.Integer({ minimum: 1, maximum: 1_000 }) }, { additionalProperties: false }), {
      minItems: 1,
      maxItems: 50
    })
  },
  { additionalProperties: false }
)

const StatusBody = Type.Object(
  {
    status: Type.Enum(['confirmed', 'rejected', 'shipped', 'cancelled', 'delivered']),
    reason: Type.Optional(Text(500))
  },
  { additionalProperties: false }
)

const ListQuery = Type.Object({ ...pageQuery, user_id: Type.Optional(Id) })

export function registerOrderRoutes(app: ServiceApp, shop: Shop): void {
  const { store } = shop

  app.get('/orders', { schema: { querystring: ListQuery } }, async (request) => {
    const { user_id: named, ...page } = request.query
    return store.list(userConcerned(request, named), page)
  })

  app.get('/orders/:id', { schema: { params: IdParams } }, async (request) => {
    const order = store.find(request.params.id)
    const verified = verifiedUserOf(request)
    // An order of somebody else looks like one that does not exist, so that ids cannot be tried out.
    if (order === undefined || (verified !== undefined && order.userId !== verified)) throw notFound('order', request.params.id)
    return order
  })

  app.post('/orders', { schema: { body: OrderBody } }, async (request, reply) => {
    const userId = userConcerned(request, request.body.userId)
    if (userId === undefined) {
      throw new Problem(400, 'invalid-request', 'The body is not valid', {
        errors: [{ in: 'body', path: '/userId', message: 'is required' }]
      })
    }
    const order = await placeOrder(shop, { userId, items: request.body.items }, callContextOf(request))
    created(reply, 'orders', order.id)
    return order
  })

  app.post('/orders/:id/status', { schema: { params: IdParams, body: StatusBody } }, async (request) => {
    const { status, reason } = request.body
    const result = store.transition(request.params.id, status, reason ?? null)
    if (result === undefined) throw notFound('order', request.params.id)
    const { order, moved } = result
    if (!moved) {
      const allowed = nextStatusesOf(order.status)
      throw new Problem(409, 'illegal-transition', `An order that is ${order.status} cannot become ${status}`, { allowed })
    }
    const context = callContextOf(request)
    if (isUndone(order.status)) await undo(shop, order, context)
    await notifyAbout(shop, order, context)
    return order
  })
}
