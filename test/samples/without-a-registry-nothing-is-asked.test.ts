import t from 'tap'
import { parseRegistrySettings } from '../../samples/kit/registry-settings.ts'
import { spawnService, exitOf, startProcess } from './service-process.ts'
import { get } from './shop.ts'

/** Ends the process at its first request. */
const NODE_OPTIONS = '--import data:text/javascript,globalThis.fetch=()=>process.exit(9)'
const others = { WEIGHT: '3', ZONE: 'north', CONSUL_HTTP_TOKEN: 'secret', ADVERTISE_ADDRESS: 'users.internal' }

t.test('a service that was told of none asks nobody', async (t) => {
  const service = await startProcess(t, 'users', { DATA_DIR: ':memory:', NODE_OPTIONS, ...others })
  t.equal((await get(`${service.url}/health`)).status, 200)
  service.child.kill('SIGTERM')
  t.equal(await service.exit, 0)
})

t.test('one that was told of a registry asks it', async (t) => {
  const child = spawnService('users', { DATA_DIR: ':memory:', NODE_OPTIONS, CONSUL_HTTP_ADDR: '127.0.0.1:1' })
  t.equal(await exitOf(child), 9)
})

t.test('without an address there are no settings', async (t) => {
  t.equal(parseRegistrySettings({}), null)
  t.equal(parseRegistrySettings({ CONSUL_HTTP_ADDR: ' ', WEIGHT: 'many' }), null)
})
