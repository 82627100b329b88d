import { createServiceApp, type ServiceOptions } from '../kit/service-app.ts'
import type { ServiceApp } from '../kit/type-provider.ts'
import { registerPaymentRoutes } from './routes.ts'
import { paymentMigrations, PaymentStore } from './store.ts'

export interface PaymentsOptions extends ServiceOptions {
  /** A payment of more than this is declined. */
  limitCents: number
}

export const defaultLimitCents = 1_000_000

export function buildPaymentsApp(options: PaymentsOptions): ServiceApp {
  const { app, database } = createServiceApp('payments', paymentMigrations, options)
  registerPaymentRoutes(app, new PaymentStore(database, options))
  return app
}
