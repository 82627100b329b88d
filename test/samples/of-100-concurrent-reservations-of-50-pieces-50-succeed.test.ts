import t from 'tap'
import { buildInventoryApp } from '../../samples/inventory/app.ts'
import { listen, post, serviceOptions, stockOf } from './shop.ts'

t.test('of 100 concurrent reservations of 50 pieces, through two replicas, exactly 50 succeed', async (t) => {
  const database = `${t.testdir()}/inventory.sqlite`
  const one = await listen(t, buildInventoryApp(serviceOptions({ database })))
  const two = await listen(t, buildInventoryApp(serviceOptions({ database })))
  await post(`${one}/inventory/p-1/stock`, { set: 50 })
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => post(`${index % 2 === 0 ? one : two}/inventory/p-1/reserve`, { orderId: `o-${index}`, quantity: 1 }))
  )

  t.equal(answers.filter(({ status }) => status === 200).length, 50)
  t.equal(answers.filter(({ status }) => status === 409).length, 50)
  t.same(await stockOf({ inventory: two }, 'p-1'), { available: 0, reserved: 50 })
})
