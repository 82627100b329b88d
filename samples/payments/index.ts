import { defaultPorts } from '../kit/default-ports.ts'
import { integer } from '../kit/environment.ts'
import { startService } from '../kit/start.ts'
import { buildPaymentsApp, defaultLimitCents } from './app.ts'

await startService({
  name: 'payments',
  defaultPort: defaultPorts.payments,
  build: (options, env) =>
    buildPaymentsApp({
      ...options,
      limitCents: integer(env, 'PAYMENT_LIMIT_CENTS', {
        fallback: defaultLimitCents,
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER
      })
    })
})
