import t from 'tap'
import { get, post, startShop, stockOf } from './shop.ts'

t.test('too little stock of the second item rejects the order with 409 and gives the first one back', async (t) => {
  const shop = await startShop(t)
  const items = [
    { productId: 'p-1', quantity: 3 },
    { productId: 'p-2', quantity: 101 }
  ]
  const refused = await post(`${shop.orders}/orders`, { userId: 'u-1', items })

  t.equal(refused.status, 409)
  t.match(refused.body, { title: 'Insufficient stock', productId: 'p-2', detail: /Only 100 of product 'p-2'/ })
  t.equal((await get(`${shop.orders}/orders/${refused.body.orderId}`)).body.status, 'rejected')
  t.same(await stockOf(shop, 'p-1'), { available: 100, reserved: 0 })
  t.same(await stockOf(shop, 'p-2'), { available: 100, reserved: 0 })
})

t.test('a product without a stock record counts as out of stock', async (t) => {
  const shop = await startShop(t)
  const product = await post(`${shop.products}/products`, { name: 'Compass', priceCents: 900 })
  t.equal(product.status, 201)
  const refused = await post(`${shop.orders}/orders`, { userId: 'u-1', items: [{ productId: product.body.id, quantity: 1 }] })
  t.match(refused, { status: 409, body: { title: 'Insufficient stock' } })
})
