import { defaultPorts } from '../kit/default-ports.ts'
import { startService } from '../kit/start.ts'
import { buildProductsApp } from './app.ts'

await startService({ name: 'products', defaultPort: defaultPorts.products, build: buildProductsApp })
