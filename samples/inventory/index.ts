import { defaultPorts } from '../kit/default-ports.ts'
import { startService } from '../kit/start.ts'
import { buildInventoryApp } from './app.ts'

await startService({ name: 'inventory', defaultPort: defaultPorts.inventory, build: buildInventoryApp })
