import t from 'tap'
import { buildInventoryApp } from '../../samples/inventory/app.ts'
import { get, listen, post, serviceOptions } from './shop.ts'

t.test('stock is set and added to, and never falls below nothing', async (t) => {
  const inventory = await listen(t, buildInventoryApp(serviceOptions({ seed: false })))
  const stock = `${inventory}/inventory/p-9/stock`
  t.equal((await get(stock)).status, 404)
  t.match(await post(stock, { add: -1 }), { status: 409 })
  t.equal((await get(stock)).body.available, 0)
  t.match(await post(stock, { set: 7 }), { status: 200, body: { productId: 'p-9', available: 7, reserved: 0 } })
  t.match(await post(stock, { add: 3 }), { status: 200, body: { available: 10 } })
  t.match(await post(stock, { add: -10 }), { status: 200, body: { available: 0 } })
  t.match(await post(stock, { add: -1 }), { status: 409, body: { title: 'Insufficient stock' } })
  for (const body of [{}, { set: 1, add: 1 }, { set: -1 }, { add: 0.5 }]) t.equal((await post(stock, body)).status, 400)
})
