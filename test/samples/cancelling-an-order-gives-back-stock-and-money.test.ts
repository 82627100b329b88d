import t from 'tap'
import { get, post, startShop, stockOf } from './shop.ts'

t.test('cancelling a confirmed order gives back its stock and its money', async (t) => {
  const shop = await startShop(t)
  const {
    body: { id }
  } = await post(`${shop.orders}/orders`, { userId: 'u-1', items: [{ productId: 'p-1', quantity: 4 }] })
  const cancelled = await post(`${shop.orders}/orders/${id}/status`, { status: 'cancelled', reason: 'Ordered twice' })

  t.match(cancelled, { status: 200, body: { status: 'cancelled', reason: 'Ordered twice' } })
  t.same(await stockOf(shop, 'p-1'), { available: 100, reserved: 0 })
  const payments = await get(`${shop.payments}/payments?order_id=${id}`)
  t.match(payments.body.items, [{ status: 'refunded' }])
})
