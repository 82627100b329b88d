import t from 'tap'
import { buildPaymentsApp } from '../../samples/payments/app.ts'
import { get, listen, post, serviceOptions } from './shop.ts'

async function startPayments(t: Parameters<typeof listen>[0]): Promise<string> {
  return `${await listen(t, buildPaymentsApp({ ...serviceOptions(), limitCents: 1_000 }))}/payments`
}

t.test('a payment is charged once per order', async (t) => {
  const payments = await startPayments(t)
  const charge = { orderId: 'o-1', userId: 'u-1', amountCents: 1_000 }
  const first = await post(payments, charge)
  t.match(first, { status: 201, body: { ...charge, status: 'captured' } })
  t.equal(first.headers.get('location'), `payments/${first.body.id}`)
  const again = await post(payments, charge)
  t.equal(again.status, 200)
  t.same(again.body, first.body)
  t.match(await post(payments, { ...charge, amountCents: 999 }), { status: 409, body: { title: 'Payment differs' } })
  t.equal((await get(payments)).body.total, 1)
  t.same((await get(`${payments}/${first.body.id}`)).body, first.body)
  t.equal((await get(`${payments}/none`)).status, 404)
})

t.test('a payment over the limit is declined, however often it is tried', async (t) => {
  const payments = await startPayments(t)
  const charge = { orderId: 'o-1', userId: 'u-1', amountCents: 1_001 }
  const declined = await post(payments, charge)
  t.match(declined, { status: 402, body: { title: 'Payment declined' } })
  t.same((await post(payments, charge)).body, declined.body)
  t.match((await get(`${payments}/${declined.body.paymentId}`)).body, { status: 'declined', amountCents: 1_001 })
  t.equal((await post(`${payments}/${declined.body.paymentId}/refund`, {})).status, 409)
})

t.test('a payment is refunded once', async (t) => {
  const payments = await startPayments(t)
  const charge = { orderId: 'o-1', userId: 'u-1', amountCents: 5 }
  const {
    body: { id }
  } = await post(payments, charge)
  t.match(await post(`${payments}/${id}/refund`, {}), { status: 200, body: { status: 'refunded' } })
  t.match(await post(`${payments}/${id}/refund`, {}), { status: 409, body: { title: 'Not refundable' } })
  t.equal((await post(`${payments}/none/refund`, {})).status, 404)
  t.match(await post(payments, charge), { status: 409, body: { title: 'Payment closed' } }, 'and not charged anew')
})

t.test('a voided order costs nothing, also when the charge arrives after the void', async (t) => {
  const payments = await startPayments(t)
  await post(payments, { orderId: 'o-1', userId: 'u-1', amountCents: 5 })
  for (const _ of [1, 2]) {
    t.match(await post(`${payments}/void`, { orderId: 'o-1' }), { status: 200, body: { status: 'refunded', amountCents: 5 } })
  }
  t.match(await post(`${payments}/void`, { orderId: 'o-2' }), { status: 200, body: { status: 'voided', amountCents: 0 } })
  const late = await post(payments, { orderId: 'o-2', userId: 'u-1', amountCents: 5 })
  t.match(late, { status: 409, body: { title: 'Payment closed' } })
})
