import { defaultPorts } from '../kit/default-ports.ts'
import { startService } from '../kit/start.ts'
import { buildNotificationsApp } from './app.ts'

await startService({ name: 'notifications', defaultPort: defaultPorts.notifications, build: buildNotificationsApp })
