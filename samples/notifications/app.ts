import { createServiceApp, type ServiceOptions } from '../kit/service-app.ts'
import type { ServiceApp } from '../kit/type-provider.ts'
import { registerNotificationRoutes } from './routes.ts'
import { notificationMigrations, NotificationStore } from './store.ts'

export function buildNotificationsApp(options: ServiceOptions): ServiceApp {
  const { app, database } = createServiceApp('notifications', notificationMigrations, options)
  registerNotificationRoutes(app, new NotificationStore(database, options))
  return app
}
