import { defaultPorts } from '../kit/default-ports.ts'
import { startService } from '../kit/start.ts'
import { buildUsersApp } from './app.ts'

await startService({ name: 'users', defaultPort: defaultPorts.users, build: buildUsersApp })
