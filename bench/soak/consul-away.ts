// A real Consul that changes, dies for a minute and comes back empty, under 200 requests a second to services that register themselves. About 110 s.
import { writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { type SampleProcess, startSample } from '../../src/cli/sample-process.ts'
import { sampleServices } from '../../samples/index.ts'
import { eventually, send } from '../../test/support/client.ts'
import { startConsul } from '../../test/support/consul.ts'
import { HEAD, metric, Scene } from './kit.ts'
import { openLoop, percentile, type Seen } from './open-loop.ts'

const RATE = 200
const AWAY_S = 60

const products = sampleServices.find(({ name }) => name === 'products')
if (products === undefined) throw new Error('there is no sample service products')

const failed = (seen: readonly Seen[]): number => seen.filter(({ status }) => status !== 200).length

await Scene.run('Consul away', async (scene) => {
  const consul = await startConsul(scene)
  const start = async (index: number): Promise<SampleProcess> => {
    const env = { ...process.env, CONSUL_HTTP_ADDR: consul.url, DATA_DIR: ':memory:', WEIGHT: '2' }
    const service = await startSample({ service: products, instance: `products-${index}`, port: 0, env })
    scene.teardown(() => service.stop())
    return service
  }
  const services = await Promise.all([1, 2, 3].map(start))
  writeFileSync(
    scene.file,
    `${HEAD}telemetry: { log: { access: false } }
discovery: { consul: { address: "${consul.url}" } }
upstreams:
  products: { discovery: { consul: { service: products } } }
routes:
  - { name: products, match: { path: "/*" }, upstream: products }`
  )
  const gateway = await scene.gateway()
  const endpoints = async (): Promise<readonly { readonly url: string; readonly weight: number }[]> => {
    const [only] = (await send(`${gateway.adminUrl}/upstreams`)).json() as [{ endpoints: { url: string; weight: number }[] }]
    return only.endpoints
  }
  const seen = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    const since = performance.now()
    await eventually(holds, 20_000)
    const took = performance.now() - since
    scene.expect(`${what}: seen after ${Math.round(took)} ms`, took < 2000)
  }
  await eventually(async () => (await endpoints()).length === 3, 20_000)
  await openLoop(`${gateway.url}/products/p-1`, { rate: RATE, seconds: 3 })

  const changing = openLoop(`${gateway.url}/products/p-1`, { rate: RATE, seconds: 20 })
  const fourth = await start(4)
  await seen('a service that registers itself', async () => (await endpoints()).length === 4)
  await consul.put('/v1/agent/service/maintenance/products-2?enable=true')
  await seen('a check that fails (maintenance)', async () => (await endpoints()).length === 3)
  await consul.put('/v1/agent/service/maintenance/products-2?enable=false')
  await seen('a check that passes again', async () => (await endpoints()).length === 4)
  const stopping = fourth.stop()
  await seen('a service that deregisters itself and stops', async () => (await endpoints()).length === 3)
  await stopping
  const port = Number(new URL(services[0]?.url ?? '').port)
  await consul.put('/v1/agent/service/register', {
    ID: 'products-1',
    Name: 'products',
    Address: '127.0.0.1',
    Port: port,
    Weights: { Passing: 9, Warning: 1 }
  })
  await seen('a weight that changes', async () => (await endpoints()).some(({ weight }) => weight === 9))
  const changed = await changing
  scene.expect(`${failed(changed)} of ${changed.length} requests failed, p99 ${percentile(changed, 99).toFixed(1)} ms`, failed(changed) === 0)

  const during = openLoop(`${gateway.url}/products/p-1`, { rate: RATE, seconds: AWAY_S + 25 })
  await setTimeout(2000)
  await consul.kill()
  const stale = 'sallyport_discovery_stale{provider="consul",service="products"}'
  const killed = performance.now()
  await eventually(async () => (await metric(gateway, stale)) === 1, 20_000)
  scene.expect(`staleness is visible after ${Math.round(performance.now() - killed)} ms`, true)
  await setTimeout(AWAY_S * 1000 - (performance.now() - killed))
  scene.expect('all three endpoints are still there after a minute', (await endpoints()).length === 3)
  await consul.restart()
  const restarted = performance.now()
  await eventually(async () => (await metric(gateway, stale)) === 0, 20_000)
  scene.expect(`it answers again after ${Math.round(performance.now() - restarted)} ms`, true)
  const registered = async (): Promise<number> => ((await consul.get('/v1/health/service/products?passing=1')).json() as unknown[]).length
  await eventually(async () => (await registered()) === 3, 20_000)
  scene.expect(`all services have registered themselves again after ${Math.round(performance.now() - restarted)} ms`, true)
  await eventually(async () => (await metric(gateway, 'sallyport_discovery_held_endpoints{provider="consul",service="products"}')) === 0, 20_000)
  const survived = await during
  scene.expect(`${failed(survived)} of ${survived.length} requests failed, p99 ${percentile(survived, 99).toFixed(1)} ms`, failed(survived) === 0)
  scene.expect('the same three endpoints', (await endpoints()).length === 3)
})
