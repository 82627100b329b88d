// 500 services of a real Consul: what following them costs while nothing happens, and what happens when all of them change at once.
import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { eventually, send } from '../../test/support/client.ts'
import { type Consul, startConsul } from '../../test/support/consul.ts'
import type { GatewayProcess } from '../../test/support/gateway-process.ts'
import { HEAD, Scene } from './kit.ts'

const SERVICES = 500
const names = Array.from({ length: SERVICES }, (_, index) => `service-${index}`)

interface Counter {
  readonly url: string
  questions: number
}

/** Between the gateway and Consul, to count questions. */
async function startCounter(scene: Scene, consul: string): Promise<Counter> {
  const agent = new http.Agent({ keepAlive: true })
  const counter = { url: '', questions: 0 }
  const server = http.createServer((request, response) => {
    counter.questions++
    const onward = http.request(consul + (request.url ?? ''), { agent, headers: { ...request.headers, host: 'consul' } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    onward.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scene.teardown(() => {
    server.closeAllConnections()
    server.close()
    agent.destroy()
  })
  return Object.assign(counter, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

/** CPU time of a process so far, ms; of Linux, in ticks of 10 ms. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

async function cpuShare(gateway: GatewayProcess, seconds: number): Promise<number> {
  const pid = gateway.child.pid ?? 0
  const before = cpuMs(pid)
  await setTimeout(seconds * 1000)
  return (cpuMs(pid) - before) / (seconds * 1000)
}

async function register(consul: Consul, name: string, port: number, more: object = {}): Promise<void> {
  await consul.put('/v1/agent/service/register', { ID: `${name}-${port}`, Name: name, Address: '127.0.0.1', Port: port, ...more })
}

interface Described {
  readonly name: string
  readonly endpoints: readonly { readonly url: string }[]
  readonly discovery: { readonly held?: readonly unknown[]; readonly skipped?: readonly unknown[]; readonly stale: boolean }
}

const described = async (gateway: GatewayProcess): Promise<readonly Described[]> =>
  (await send(`${gateway.adminUrl}/upstreams`)).json() as readonly Described[]

await Scene.run('many services', async (scene) => {
  const limit = process.argv.includes('--default-limits') ? [] : ['-hcl', `limits { http_max_conns_per_client = ${SERVICES * 4} }`]
  const consul = await startConsul(scene, limit)
  const maxConnections = limit.length === 0 ? 160 : SERVICES
  console.log(`  ${SERVICES} services, ${maxConnections} connections`)
  for (const name of names) await register(consul, name, 4000)
  const origin = await scene.origin((_request, response) => void response.end('answer'))
  await register(consul, 'service-0', Number(new URL(origin.url).port))
  const counter = await startCounter(scene, consul.url)
  writeFileSync(
    scene.file,
    `${HEAD}telemetry: { log: { access: false } }
discovery: { consul: { address: "${counter.url}", maxConnections: ${maxConnections} } }
upstreams:
${names.map((name) => `  ${name}: { discovery: { consul: { service: ${name} } } }`).join('\n')}
routes:
${names.map((name) => `  - { name: ${name}, match: { path: /${name} }, upstream: ${name} }`).join('\n')}`
  )
  const started = performance.now()
  const gateway = await scene.gateway()
  await eventually(async () => (await send(`${gateway.adminUrl}/readyz`)).status === 200, 60_000)
  console.log(`  ready after ${((performance.now() - started) / 1000).toFixed(1)} s and ${counter.questions} questions`)

  await setTimeout(5000)
  const before = counter.questions
  const idle = await cpuShare(gateway, 60)
  scene.expect(`idle for 60 s: ${(idle * 100).toFixed(2)} % CPU, ${((counter.questions - before) / 60).toFixed(1)} questions a second`, idle < 0.02)

  const changed = performance.now()
  await register(consul, 'service-7', 4001, { Check: { TTL: '10m', Status: 'passing' } })
  await eventually(async () => (await described(gateway)).find(({ name }) => name === 'service-7')?.endpoints.length === 2, 20_000)
  console.log(`  one service changed, seen after ${Math.round(performance.now() - changed)} ms`)

  await register(consul, 'service-3', 4009, { Meta: { scheme: 'gopher' } })
  await eventually(async () => (await described(gateway)).find(({ name }) => name === 'service-3')?.discovery.skipped?.length === 1, 20_000)
  const all = await described(gateway)
  scene.expect(
    'a malformed entry of one service changed nothing for any other',
    all.every(({ name, endpoints, discovery }) => endpoints.length >= 1 && (name === 'service-3' || discovery.skipped === undefined))
  )

  // Every service of a node that goes into maintenance becomes critical at the same moment.
  const calm = counter.questions
  await consul.put('/v1/agent/maintenance?enable=true&reason=soak')
  const busy = await cpuShare(gateway, 10)
  const stormy = counter.questions - calm
  scene.expect(
    `all indexes moved at once: ${stormy} questions in 10 s, ${(stormy / SERVICES).toFixed(2)} for each service, ${(busy * 100).toFixed(1)} % CPU`,
    stormy <= SERVICES * 3
  )
  scene.expect(
    'and nobody lost an endpoint',
    (await described(gateway)).every(({ endpoints }) => endpoints.length >= 1)
  )
  await consul.put('/v1/agent/maintenance?enable=false')
  await eventually(async () => (await described(gateway)).every(({ discovery }) => discovery.held === undefined), 20_000)
  const settled = counter.questions
  await setTimeout(10_000)
  scene.expect(
    `quiet again: ${((counter.questions - settled) / 10).toFixed(1)} questions a second`,
    counter.questions - settled <= SERVICES * (limit.length === 0 ? 2 : 1)
  )
})
