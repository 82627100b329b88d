import { text as readText } from 'node:stream/consumers'
import t from 'tap'
import { parseServiceSettings } from '../../samples/kit/environment.ts'
import { parseOrdersSettings } from '../../samples/orders/settings.ts'
import { exitOf, spawnService } from './service-process.ts'

const users = { name: 'users', defaultPort: 4001 }

t.test('without settings a service runs on its own port with a file in .data', async (t) => {
  t.same(parseServiceSettings({}, users), {
    host: '127.0.0.1',
    port: 4001,
    instance: 'users-1',
    database: '.data/users.sqlite',
    seed: false,
    logLevel: 'warn',
    exitWithParent: false
  })
  t.equal(parseServiceSettings({ DATA_DIR: ':memory:' }, users).database, ':memory:')
  t.match(parseOrdersSettings({ USERS_URL: 'http://users.internal:80/base/' }).urls, {
    users: 'http://users.internal/base',
    payments: 'http://127.0.0.1:4004'
  })
})

t.test('a setting that cannot be used is named', async (t) => {
  const wrong = { PORT: '80a', LOG_LEVEL: 'loud', SEED: 'yes', EXIT_WITH_PARENT: 'true', INSTANCE: 'a\r\nb' }
  for (const [name, value] of Object.entries(wrong)) {
    t.throws(() => parseServiceSettings({ [name]: value }, users), { name: 'SettingError', message: new RegExp(`^${name} must be`) })
  }
  t.throws(() => parseServiceSettings({ PORT: '65536' }, users), { message: /^PORT must be/ })
  t.throws(() => parseOrdersSettings({ PAYMENTS_URL: 'localhost:4004' }), { message: /^PAYMENTS_URL must be an http URL/ })
})

t.test('a service that cannot start says why in one line and exits with 1', async (t) => {
  const child = spawnService('users', { DATA_DIR: ':memory:', PORT: 'none' })
  const [code, errors, output] = await Promise.all([exitOf(child), readText(child.stderr), readText(child.stdout)])
  t.equal(code, 1)
  t.match(errors, /^users cannot start: PORT must be a whole number from 0 to 65535, not 'none'\n$/)
  t.equal(output, '')
})
