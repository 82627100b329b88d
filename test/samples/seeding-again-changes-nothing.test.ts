import t from 'tap'
import { buildInventoryApp } from '../../samples/inventory/app.ts'
import { buildUsersApp } from '../../samples/users/app.ts'
import { get, listen, post, send, serviceOptions, stockOf } from './shop.ts'

t.test('seeding again neither restores what was changed nor restocks what was sold', async (t) => {
  const directory = t.testdir()
  const users = (): ReturnType<typeof buildUsersApp> => buildUsersApp(serviceOptions({ database: `${directory}/users.sqlite` }))
  const inventory = (): ReturnType<typeof buildInventoryApp> => buildInventoryApp(serviceOptions({ database: `${directory}/inventory.sqlite` }))
  await send('PUT', `${await listen(t, users())}/users/u-1`, { name: 'Countess', email: 'ada@example.com' })
  await post(`${await listen(t, inventory())}/inventory/p-1/reserve`, { quantity: 1 })

  t.match((await get(`${await listen(t, users())}/users`)).body, { total: 2, items: [{ id: 'u-1', name: 'Countess' }, { id: 'u-2' }] })
  t.same(await stockOf({ inventory: await listen(t, inventory()) }, 'p-1'), { available: 99, reserved: 1 })
})
