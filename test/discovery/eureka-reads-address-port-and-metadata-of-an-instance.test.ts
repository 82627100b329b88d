import t from 'tap'
import { instancesOf } from '../../src/discovery/eureka/instances.ts'
import { parseApplications, registryOf, type Json } from '../../src/discovery/eureka/registry.ts'
import { eurekaQuery } from './eureka-kit.ts'

const PORT = { $: 8080, '@enabled': 'true' }
const SECURE = { $: 8443, '@enabled': 'true' }
const AMAZON = { name: 'Amazon', metadata: { 'availability-zone': 'eu-west-1c', 'instance-id': 'i-1' } }

/** The instance, or why there is none. */
function read(fields: Json, scheme: 'http' | 'https' = 'http', app = 'orders') {
  const instance = { instanceId: 'one', hostName: 'orders.example.org', ipAddr: '10.0.0.1', status: 'UP', port: PORT, ...fields }
  const body = { applications: { apps__hashcode: 'UP_1_', application: [{ name: 'ORDERS', instance: [instance] }] } }
  const { instances, skipped } = instancesOf(registryOf(parseApplications(body)), eurekaQuery(app, { scheme }))
  return instances[0] ?? skipped[0] ?? null
}

t.test('the address', async (t) => {
  t.match(read({}), { origin: 'http://10.0.0.1:8080' })
  t.match(read({ ipAddr: '' }), { origin: 'http://orders.example.org:8080' }, 'the name where there is no address')
  t.match(read({ ipAddr: '', hostName: '' }), { entry: 'one', reason: 'it has no address' })
  t.match(read({ ipAddr: 'fd00::1' }), { origin: 'http://[fd00::1]:8080' })
})

t.test('the port, as text or not', async (t) => {
  t.match(read({ port: { $: '8081', '@enabled': true } }), { origin: 'http://10.0.0.1:8081' })
  t.match(read({ port: { ...PORT, '@enabled': 'false' } }), { reason: 'its port is not enabled' })
  t.match(read({ port: { $: 0, '@enabled': 'true' } }), { reason: '0 is no port' })
})

t.test('https takes the secure port, which must be enabled', async (t) => {
  t.match(read({ securePort: SECURE }, 'https'), { origin: 'https://10.0.0.1:8443' })
  t.match(read({ securePort: SECURE, metadata: { scheme: 'https' } }), { origin: 'https://10.0.0.1:8443' }, 'by its own metadata')
  t.match(read({ securePort: SECURE, metadata: { scheme: 'http' } }, 'https'), { origin: 'http://10.0.0.1:8080' })
  t.match(read({ securePort: { ...SECURE, '@enabled': 'false' } }, 'https'), { reason: 'its securePort is not enabled' })
  t.match(read({}, 'https'), { reason: 'its securePort is not enabled' })
  t.match(read({ metadata: { scheme: 'gopher' } }), { reason: '"gopher" is no scheme' })
})

t.test('weight, zone and tags', async (t) => {
  t.match(read({}), { weight: 1, zone: null, tags: [] })
  t.match(read({ metadata: { weight: '7', zone: 'north', tags: 'blue, canary,,' }, dataCenterInfo: AMAZON }), {
    weight: 7,
    zone: 'north',
    tags: ['blue', 'canary']
  })
  t.match(read({ dataCenterInfo: AMAZON }), { zone: 'eu-west-1c' }, 'of the data center where the metadata has none')
  t.match(read({ metadata: { weight: '-1' } }), { reason: '"-1" is no weight' })
})

t.test('the case of the name does not matter', async (t) => {
  for (const app of ['orders', 'ORDERS', 'Orders']) t.match(read({}, 'http', app), { origin: 'http://10.0.0.1:8080' })
  t.equal(read({}, 'http', 'orders2'), null)
})

t.test('an answer that is no list of applications is an error, not an empty list', async (t) => {
  for (const body of [null, [], {}, { applications: null }, 'x']) t.throws(() => parseApplications(body), /no list of applications/)
})
