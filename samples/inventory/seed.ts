import type { InventoryStore } from './store.ts'

/** The ids of the sample products. */
const productIds = ['p-1', 'p-2', 'p-3', 'p-4', 'p-5']
const quantity = 100

/** Stocks the sample products that have no stock record yet; what was sold since stays sold. */
export function seedInventory(store: InventoryStore): void {
  for (const productId of productIds) store.introduce(productId, quantity)
}
