import t from 'tap'
import { get, post, startShop } from './shop.ts'

t.test('an order of an unknown user or for an unknown product is refused with 422 and not kept', async (t) => {
  const shop = await startShop(t)
  const items = [{ productId: 'p-1', quantity: 1 }]
  const noUser = await post(`${shop.orders}/orders`, { userId: 'u-404', items })
  t.match(noUser, { status: 422, body: { title: 'Unknown user', detail: /u-404/ } })
  const noProduct = await post(`${shop.orders}/orders`, { userId: 'u-1', items: [...items, { productId: 'p-404', quantity: 1 }] })
  t.match(noProduct, { status: 422, body: { title: 'Unknown product', detail: /p-404/ } })
  t.equal((await get(`${shop.orders}/orders`)).body.total, 0)
})
