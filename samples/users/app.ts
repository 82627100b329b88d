import { createServiceApp, type ServiceOptions } from '../kit/service-app.ts'
import type { ServiceApp } from '../kit/type-provider.ts'
import { registerUserRoutes } from './routes.ts'
import { seedUsers } from './seed.ts'
import { userMigrations, UserStore } from './store.ts'

export function buildUsersApp(options: ServiceOptions): ServiceApp {
  const { app, database } = createServiceApp('users', userMigrations, options)
  const store = new UserStore(database, options)
  if (options.seed) seedUsers(store)
  registerUserRoutes(app, store)
  return app
}
