import type { ProductStore } from './store.ts'

const products = [
  { id: 'p-1', name: 'Brass lantern', description: 'Burns six hours on one filling', priceCents: 3_490 },
  { id: 'p-2', name: 'Oak travel chest', description: 'Iron fittings and a lock with two keys', priceCents: 18_900 },
  { id: 'p-3', name: 'Wool blanket', description: 'Grey, 150 by 200 centimetres', priceCents: 5_950 },
  { id: 'p-4', name: 'Hand-drawn map', description: 'The coast from the harbour to the northern light', priceCents: 1_250 },
  { id: 'p-5', name: 'Tower clock', description: 'Made to order; strikes the hours', priceCents: 749_000 }
]

/** Adds the sample products that are missing; one that is there stays as it is. */
export function seedProducts(store: ProductStore): void {
  for (const { id, ...details } of products) store.create(details, id)
}
