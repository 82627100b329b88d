import { Type } from 'typebox'
import { created } from '../kit/created.ts'
import { pageQuery } from '../kit/page.ts'
import { notFound, Problem } from '../kit/problem.ts'
import { Cents, Id, IdParams } from '../kit/schemas.ts'
import type { ServiceApp } from '../kit/type-provider.ts'
import type { Payment, PaymentStore } from './store.ts'

const PaymentBody = Type.Object(
  {
    orderId: Id,
    userId: Id,
    amountCents: Cents({ maximum: Number.MAX_SAFE_INTEGER })
  },
  { additionalProperties: false }
)
const VoidBody = Type.Object({ orderId: Id }, { additionalProperties: false })
const ListQuery = Type.Object({ ...pageQuery, order_id: Type.Optional(Id) })

export function registerPaymentRoutes(app: ServiceApp, store: PaymentStore): void {
  app.get('/payments', { schema: { querystring: ListQuery } }, async ({ query: { order_id: orderId, ...page } }) => {
    return store.list(orderId, page)
  })

  app.get('/payments/:id', { schema: { params: IdParams } }, async ({ params }) => {
    const payment = store.find(params.id)
    if (payment === undefined) throw notFound('payment', params.id)
    return payment
  })

  app.post('/payments', { schema: { body: PaymentBody } }, async ({ body }, reply) => {
    const { payment, isNew } = store.charge(body)
    if (payment.status === 'voided' || payment.status === 'refunded') throw notChargeable(payment)
    if (payment.amountCents !== body.amountCents || payment.userId !== body.userId) throw otherPayment(payment)
    if (payment.status === 'declined') throw declined(payment)
    if (isNew) created(reply, 'payments', payment.id)
    return payment
  })

  app.post('/payments/:id/refund', { schema: { params: IdParams } }, async ({ params }) => {
    const result = store.refund(params.id)
    if (result === 'unknown') throw notFound('payment', params.id)
    if (result.refunded) return result.payment
    throw new Problem(409, 'not-refundable', `A payment that is ${result.payment.status} cannot be refunded`)
  })

  /** Sees to it that the order costs nothing: refunds what was captured, refuses what is still to come. */
  app.post('/payments/void', { schema: { body: VoidBody } }, async ({ body }) => store.void(body.orderId))
}

function declined(payment: Payment): Problem {
  return new Problem(402, 'payment-declined', payment.reason ?? 'The payment was declined', { paymentId: payment.id })
}

function notChargeable({ orderId, status }: Payment): Problem {
  return new Problem(409, 'payment-closed', `The payment of order '${orderId}' was ${status} before`)
}

function otherPayment({ orderId, amountCents }: Payment): Problem {
  return new Problem(409, 'payment-differs', `Order '${orderId}' has another payment, of ${amountCents} cents`)
}
