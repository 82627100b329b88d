import t from 'tap'
import { get, post, startShop, stockOf } from './shop.ts'

t.test('a declined payment rejects the order with 402 and gives the stock back', async (t) => {
  const shop = await startShop(t, { limitCents: 10_000 })
  const items = [
    { productId: 'p-1', quantity: 3 },
    { productId: 'p-4', quantity: 1 }
  ]
  const refused = await post(`${shop.orders}/orders`, { userId: 'u-1', items })

  t.equal(refused.status, 402)
  t.equal(refused.headers.get('content-type')?.split(';')[0], 'application/problem+json')
  t.match(refused.body, { status: 402, title: 'Payment declined', detail: /over the limit of 10000 cents/ })
  const order = await get(`${shop.orders}/orders/${refused.body.orderId}`)
  t.match(order.body, { status: 'rejected', reason: /over the limit/ })
  t.same(await stockOf(shop, 'p-1'), { available: 100, reserved: 0 })
  t.same(await stockOf(shop, 'p-4'), { available: 100, reserved: 0 })
})
