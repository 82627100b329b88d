import { defaultPorts } from '../kit/default-ports.ts'
import { startService } from '../kit/start.ts'
import { buildOrdersApp } from './app.ts'
import { parseOrdersSettings } from './settings.ts'

await startService({
  name: 'orders',
  defaultPort: defaultPorts.orders,
  build: (options, env) => buildOrdersApp({ ...options, ...parseOrdersSettings(env) })
})
