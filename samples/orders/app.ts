import { createServiceApp, type ServiceOptions } from '../kit/service-app.ts'
import type { ServiceApp } from '../kit/type-provider.ts'
import { createDependencies } from './dependencies.ts'
import { registerRecoveryRounds } from './recovery-rounds.ts'
import { registerOrderRoutes } from './routes.ts'
import type { OrdersSettings } from './settings.ts'
import type { Shop } from './shop.ts'
import { orderMigrations, OrderStore } from './store.ts'

export interface OrdersOptions extends ServiceOptions, OrdersSettings {}

export function buildOrdersApp(options: OrdersOptions): ServiceApp {
  const { app, database } = createServiceApp('orders', orderMigrations, options)
  const shop: Shop = {
    store: new OrderStore(database, options),
    dependencies: createDependencies(options),
    log: options.logger,
    now: options.now,
    newId: options.newId
  }
  registerOrderRoutes(app, shop)
  registerRecoveryRounds(app, shop, options.recoverEveryMs)
  return app
}
