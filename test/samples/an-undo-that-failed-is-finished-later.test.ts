import { request as httpRequest } from 'node:http'
import t from 'tap'
import { openDatabase } from '../../samples/kit/database.ts'
import { createDependencies } from '../../samples/orders/dependencies.ts'
import { recover } from '../../samples/orders/recover.ts'
import { orderMigrations, OrderStore } from '../../samples/orders/store.ts'
import { post, serviceOptions, startShop, startStub, stockOf } from './shop.ts'

t.test('stock that could not be given back at once is given back by a later round', async (t) => {
  let isDown = false
  // Between the orders and the inventory: lets reservations through and loses the first releases.
  const flaky = await startStub(t, (request, response) => {
    if (isDown && request.url?.endsWith('/release')) return response.destroy()
    const forward = httpRequest(`${shop.inventory}${request.url}`, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(forward)
  })
  const file = `${t.testdir()}/orders.sqlite`
  const shop = await startShop(t, { limitCents: 100, ordersDatabase: file, urls: { inventory: flaky } })

  isDown = true
  const refused = await post(`${shop.orders}/orders`, { userId: 'u-1', items: [{ productId: 'p-1', quantity: 5 }] })
  t.equal(refused.status, 402, 'the one who ordered is told the real reason')
  t.same(await stockOf(shop, 'p-1'), { available: 95, reserved: 5 })

  isDown = false
  const database = openDatabase(file, orderMigrations)
  t.teardown(() => {
    database.close()
  })
  const options = serviceOptions()
  const store = new OrderStore(database, options)
  const dependencies = createDependencies({ urls: shop, dependencyTimeoutMs: 5_000, recoverEveryMs: 1_000 })
  t.equal(store.toUndo(10).length, 1)
  await recover({ ...options, store, dependencies, log: options.logger })
  t.same(await stockOf(shop, 'p-1'), { available: 100, reserved: 0 })
  t.equal(store.toUndo(10).length, 0)
})
