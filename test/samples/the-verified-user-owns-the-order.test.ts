import t from 'tap'
import { get, post, startShop } from './shop.ts'

const items = [{ productId: 'p-1', quantity: 1 }]
const ada = { 'x-user-id': 'u-1' }
const grace = { 'x-user-id': 'u-2' }

t.test('the user that the gateway has verified owns the order', async (t) => {
  const shop = await startShop(t)
  const placed = await post(`${shop.orders}/orders`, { items }, ada)
  t.match(placed, { status: 201, body: { userId: 'u-1' } })
  t.equal((await post(`${shop.orders}/orders`, { userId: 'u-1', items }, ada)).status, 201, 'and may say who he is')

  const forged = await post(`${shop.orders}/orders`, { userId: 'u-2', items }, ada)
  t.match(forged, { status: 403, body: { title: 'Other user' } })
  const nobody = await post(`${shop.orders}/orders`, { items })
  t.match(nobody, { status: 400, body: { errors: [{ in: 'body', path: '/userId' }] } })
})

t.test('a verified user sees his own orders and no others', async (t) => {
  const shop = await startShop(t)
  const {
    body: { id }
  } = await post(`${shop.orders}/orders`, { items }, ada)
  t.equal((await get(`${shop.orders}/orders/${id}`, ada)).status, 200)
  t.equal((await get(`${shop.orders}/orders/${id}`, grace)).status, 404)
  t.equal((await get(`${shop.orders}/orders/${id}`)).status, 200, 'a caller inside the shop sees all')
  t.equal((await get(`${shop.orders}/orders`, ada)).body.total, 1)
  t.equal((await get(`${shop.orders}/orders`, grace)).body.total, 0)
  t.equal((await get(`${shop.orders}/orders?user_id=u-1`)).body.total, 1)
  t.equal((await get(`${shop.orders}/orders?user_id=u-1`, grace)).status, 403)
})
