import { createServiceApp, type ServiceOptions } from '../kit/service-app.ts'
import type { ServiceApp } from '../kit/type-provider.ts'
import { registerProductRoutes } from './routes.ts'
import { seedProducts } from './seed.ts'
import { productMigrations, ProductStore } from './store.ts'

export function buildProductsApp(options: ServiceOptions): ServiceApp {
  const { app, database } = createServiceApp('products', productMigrations, options)
  const store = new ProductStore(database, options)
  if (options.seed) seedProducts(store)
  registerProductRoutes(app, store)
  return app
}
