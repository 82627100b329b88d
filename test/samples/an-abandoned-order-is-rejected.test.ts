import t from 'tap'
import { openDatabase } from '../../samples/kit/database.ts'
import { createDependencies } from '../../samples/orders/dependencies.ts'
import { placeOrder } from '../../samples/orders/place-order.ts'
import { recover } from '../../samples/orders/recover.ts'
import type { Shop } from '../../samples/orders/shop.ts'
import { orderMigrations, OrderStore } from '../../samples/orders/store.ts'
import { get, post, serviceOptions, startOfTime, startShop, stockOf } from './shop.ts'

const items = [{ productId: 'p-1', quantity: 5, priceCents: 3_490 }]

t.test('an order whose process died while placing it is rejected after two minutes', async (t) => {
  const { shop, urls, pass } = await ordersWithoutServer(t)
  const order = shop.store.create('u-1', items)
  await post(`${urls.inventory}/inventory/p-1/reserve`, { orderId: order.id, quantity: 5 })

  pass(119_000)
  await recover(shop)
  t.equal(shop.store.find(order.id)?.status, 'pending', 'it may still be on its way')

  pass(2_000)
  await recover(shop)
  t.match(shop.store.find(order.id), { status: 'rejected', reason: /not completed in time/ })
  t.same(await stockOf(urls, 'p-1'), { available: 100, reserved: 0 })
})

t.test('an order that is rejected while it is being charged ends rejected, with its money back', async (t) => {
  const { shop, urls } = await ordersWithoutServer(t)
  const charge: Shop['dependencies']['charge'] = async (order, context) => {
    const answer = await shop.dependencies.charge(order, context)
    shop.store.transition(order.id, 'rejected', 'Fraud')
    return answer
  }
  const racing = { ...shop, dependencies: { ...shop.dependencies, charge } }
  await t.rejects(placeOrder(racing, { userId: 'u-1', items }, { requestId: 'r' }), { status: 409, message: 'Fraud' })
  t.same(await stockOf(urls, 'p-1'), { available: 100, reserved: 0 })
  t.match((await get(`${urls.payments}/payments`)).body.items, [{ status: 'refunded' }])
})

async function ordersWithoutServer(t: Parameters<typeof startShop>[0]) {
  let passedMs = 0
  const urls = await startShop(t)
  const options = serviceOptions({ now: () => new Date(startOfTime.getTime() + passedMs) })
  const database = openDatabase(':memory:', orderMigrations)
  t.teardown(() => {
    database.close()
  })
  const shop: Shop = {
    ...options,
    log: options.logger,
    store: new OrderStore(database, options),
    dependencies: createDependencies({ urls, dependencyTimeoutMs: 5_000, recoverEveryMs: 1_000 })
  }
  return {
    shop,
    urls,
    pass: (ms: number) => {
      passedMs += ms
    }
  }
}
