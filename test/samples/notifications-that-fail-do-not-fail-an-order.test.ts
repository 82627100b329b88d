import t from 'tap'
import { closedUrl, post, startShop } from './shop.ts'

t.test('an order is confirmed although the user cannot be notified', async (t) => {
  const shop = await startShop(t, { urls: { notifications: await closedUrl() } })
  const placed = await post(`${shop.orders}/orders`, { userId: 'u-1', items: [{ productId: 'p-1', quantity: 1 }] })
  t.match(placed, { status: 201, body: { status: 'confirmed' } })
})
