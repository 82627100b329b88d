import t from 'tap'
import { openDatabase } from '../../samples/kit/database.ts'
import type { OrderStatus } from '../../samples/orders/order-status.ts'
import { orderMigrations, OrderStore } from '../../samples/orders/store.ts'
import { post, serviceOptions, startShop } from './shop.ts'

const statuses = ['pending', 'confirmed', 'rejected', 'shipped', 'cancelled', 'delivered'] as const
const pathTo: Record<OrderStatus, OrderStatus[]> = {
  pending: [],
  confirmed: ['confirmed'],
  rejected: ['rejected'],
  shipped: ['confirmed', 'shipped'],
  cancelled: ['confirmed', 'cancelled'],
  delivered: ['confirmed', 'shipped', 'delivered']
}
const legal = new Set(['pending confirmed', 'pending rejected', 'confirmed shipped', 'confirmed cancelled', 'shipped delivered'])

t.test('of all pairs of states exactly the five transitions are taken', async (t) => {
  const database = openDatabase(':memory:', orderMigrations)
  t.teardown(() => {
    database.close()
  })
  const store = new OrderStore(database, serviceOptions())
  for (const from of statuses) {
    for (const to of statuses) {
      const { id } = store.create('u-1', [{ productId: 'p-1', quantity: 1, priceCents: 5 }])
      for (const step of pathTo[from]) store.transition(id, step)
      const isLegal = legal.has(`${from} ${to}`)
      t.equal(store.transition(id, to)?.moved, isLegal, `${from} to ${to}`)
      t.equal(store.find(id)?.status, isLegal ? to : from)
    }
  }
})

t.test('an illegal transition answers 409 and says what is allowed', async (t) => {
  const shop = await startShop(t)
  const {
    body: { id }
  } = await post(`${shop.orders}/orders`, { userId: 'u-1', items: [{ productId: 'p-1', quantity: 1 }] })
  const skipped = await post(`${shop.orders}/orders/${id}/status`, { status: 'delivered' })
  t.match(skipped, { status: 409, body: { title: 'Illegal transition', allowed: ['shipped', 'cancelled'] } })
  t.match(await post(`${shop.orders}/orders/${id}/status`, { status: 'shipped' }), { status: 200, body: { status: 'shipped' } })
  t.match(await post(`${shop.orders}/orders/${id}/status`, { status: 'cancelled' }), { status: 409, body: { allowed: ['delivered'] } })
  t.match(await post(`${shop.orders}/orders/${id}/status`, { status: 'lost' }), { status: 400 })
  t.match(await post(`${shop.orders}/orders/none/status`, { status: 'shipped' }), { status: 404 })
})
