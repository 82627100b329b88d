import t from 'tap'
import { get, post, startShop, stockOf } from './shop.ts'

t.test('an order ends confirmed, with stock reserved, money charged and the user told', async (t) => {
  const shop = await startShop(t)
  const items = [
    { productId: 'p-1', quantity: 2 },
    { productId: 'p-4', quantity: 1 },
    { productId: 'p-1', quantity: 1 }
  ]
  const placed = await post(`${shop.orders}/orders`, { userId: 'u-1', items })

  t.equal(placed.status, 201)
  t.equal(placed.headers.get('location'), `orders/${placed.body.id}`)
  t.match(placed.body, {
    userId: 'u-1',
    status: 'confirmed',
    totalCents: 3 * 3_490 + 1_250,
    reason: null,
    items: [
      { productId: 'p-1', quantity: 3, priceCents: 3_490 },
      { productId: 'p-4', quantity: 1, priceCents: 1_250 }
    ]
  })
  t.same((await get(`${shop.orders}/orders/${placed.body.id}`)).body, placed.body)

  t.same(await stockOf(shop, 'p-1'), { available: 97, reserved: 3 })
  t.same(await stockOf(shop, 'p-4'), { available: 99, reserved: 1 })
  const payments = await get(`${shop.payments}/payments?order_id=${placed.body.id}`)
  t.match(payments.body, { total: 1, items: [{ userId: 'u-1', amountCents: 11_720, status: 'captured' }] })
  const letters = await get(`${shop.notifications}/notifications?user_id=u-1`)
  t.match(letters.body, { total: 1, items: [{ subject: 'Your order is confirmed' }] })
})
