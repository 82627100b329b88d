import t from 'tap'
import { buildInventoryApp } from '../../samples/inventory/app.ts'
import { listen, post, serviceOptions, stockOf } from './shop.ts'

t.test('a reservation counts once per order', async (t) => {
  const inventory = await listen(t, buildInventoryApp(serviceOptions()))
  const reserve = `${inventory}/inventory/p-1/reserve`
  const first = await post(reserve, { orderId: 'o-1', quantity: 3 })
  t.match(first, { status: 200, body: { productId: 'p-1', orderId: 'o-1', quantity: 3, available: 97 } })
  t.same((await post(reserve, { orderId: 'o-1', quantity: 3 })).body, first.body)
  t.match(await post(reserve, { orderId: 'o-1', quantity: 4 }), { status: 409, body: { title: 'Reservation differs' } })
  t.same(await stockOf({ inventory }, 'p-1'), { available: 97, reserved: 3 })

  await post(reserve, { quantity: 1 })
  await post(reserve, { quantity: 1 })
  t.same(await stockOf({ inventory }, 'p-1'), { available: 95, reserved: 5 }, 'without an order each one counts')
})

t.test('a release counts once, and a reservation that arrives after it is refused', async (t) => {
  const inventory = await listen(t, buildInventoryApp(serviceOptions()))
  const at = (action: string): string => `${inventory}/inventory/p-1/${action}`
  await post(at('reserve'), { orderId: 'o-1', quantity: 3 })
  t.match((await post(at('release'), { orderId: 'o-1' })).body, { released: 3, available: 100 })
  t.match((await post(at('release'), { orderId: 'o-1' })).body, { released: 0, available: 100 })
  t.match((await post(at('release'), { orderId: 'o-2' })).body, { released: 0, available: 100 })
  for (const orderId of ['o-1', 'o-2']) {
    t.match(await post(at('reserve'), { orderId, quantity: 3 }), { status: 409, body: { title: 'Reservation released' } })
  }
  t.same(await stockOf({ inventory }, 'p-1'), { available: 100, reserved: 0 })
})
