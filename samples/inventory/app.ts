import { createServiceApp, type ServiceOptions } from '../kit/service-app.ts'
import type { ServiceApp } from '../kit/type-provider.ts'
import { registerInventoryRoutes } from './routes.ts'
import { seedInventory } from './seed.ts'
import { inventoryMigrations, InventoryStore } from './store.ts'

export function buildInventoryApp(options: ServiceOptions): ServiceApp {
  const { app, database } = createServiceApp('inventory', inventoryMigrations, options)
  const store = new InventoryStore(database, options)
  if (options.seed) seedInventory(store)
  registerInventoryRoutes(app, store, options)
  return app
}
