import fc from '../support/property.ts'
import t from 'tap'
import { inventoryMigrations, InventoryStore } from '../../samples/inventory/store.ts'
import { openDatabase } from '../../samples/kit/database.ts'
import { startOfTime } from './shop.ts'

const order = fc.constantFrom('o-1', 'o-2', 'o-3')
const step = fc.oneof(
  fc.record({ kind: fc.constant('reserve' as const), order, quantity: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ kind: fc.constant('release' as const), order }),
  fc.record({ kind: fc.constant('add' as const), quantity: fc.integer({ min: -9, max: 9 }) })
)

t.test('what is available and what is reserved always sum up to what was brought in', async () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      using database = openDatabase(':memory:', inventoryMigrations)
      const store = new InventoryStore(database, { now: () => startOfTime })
      store.introduce('p-1', 10)
      let total = 10
      for (const action of steps) {
        if (action.kind === 'reserve') store.reserve('p-1', action.order, action.quantity)
        else if (action.kind === 'release') store.release('p-1', action.order)
        else if (store.add('p-1', action.quantity) !== undefined) total += action.quantity
        const stock = store.stockOf('p-1')
        if (stock === undefined || stock.available < 0 || stock.available + stock.reserved !== total) return false
      }
      return true
    })
  )
})
