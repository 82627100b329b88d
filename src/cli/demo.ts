import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sampleServices } from '../../samples/index.ts'
import type { RunningGateway } from '../gateway/running.ts'
import { type RegistryServer, startRegistry } from '../registry/server.ts'
import { systemClock } from '../system/clock.ts'
import { createSystemRandom } from '../system/random.ts'
import type { CliIo, Command } from './io.ts'
import { expectPositionals, parseOptions } from './options.ts'
import { type SampleProcess, startSample } from './sample-process.ts'
import { startGateway } from './start.ts'
import { table } from './table.ts'
import { mintToken } from './token.ts'

/** What the instances say of themselves in the registry; the others have 1. */
const WEIGHTS: Readonly<Record<string, number>> = { 'products-1': 2 }

const CONSUL_PORT = 8500
const DISCOVERY_LIMIT_MS = 10_000

/** Above the ports of the services' first replicas, see samples/. */
const SECOND_REPLICA = { name: 'products', port: 4012 }

export const demo: Command = {
  help: `
Usage: sallyport demo [-c FILE] [--data DIR]

Starts a small registry, the sample services, which register themselves there, two replicas of products among them,
and the gateway in front of them, and prints commands to try. Ctrl-C ends everything.

With CONSUL_HTTP_ADDR in the environment (and CONSUL_HTTP_TOKEN where that needs one) all of them use that Consul instead.

  -c, --config FILE  the gateway's file (default: gateway.example.yaml)
  --data DIR         keep the services' databases there (default: a folder that is removed at the end)

FAULTS, PRODUCTS_FAULTS, PRODUCTS_2_FAULTS and the like make the services fail on purpose, such as FAULTS="latency=100ms,errors=10%".
With FAULTS_TOKEN in the environment each service has /_faults, by which that can be changed while it runs: samples/README.md.`,
  async run(io) {
    const { values, positionals } = parseOptions(io.args, { config: { type: 'string', short: 'c' }, data: { type: 'string' } })
    expectPositionals(positionals, [])
    const data = values.data === undefined ? mkdtempSync(join(tmpdir(), 'sallyport-demo-')) : resolve(io.cwd, values.data)
    const registry = await startOwnRegistry(io.env)
    const discovery = { CONSUL_HTTP_ADDR: io.env['CONSUL_HTTP_ADDR'] || registry?.url }
    const shop = await startShop({ ...io.env, ...discovery, DATA_DIR: data })
    const cleanUp = async (): Promise<void> => {
      await Promise.all([...shop.values()].map((service) => service.stop()))
      await registry?.close()
      if (values.data === undefined) rmSync(data, { recursive: true, force: true })
    }
    const secret = io.env.JWT_SECRET ?? randomBytes(32).toString('base64url')
    const env = { LOG_LEVEL: 'warn', SHUTDOWN_DELAY: '0s', ...io.env, JWT_SECRET: secret, ...discovery }
    const file = values.config ?? exampleFile()
    const gateway = await startGateway({ ...io, env }, file, true, cleanUp)
    if (typeof gateway === 'number') {
      await cleanUp()
      return gateway
    }
    const missing = await untilDiscovered(gateway)
    if (missing.length > 0) io.err(`still without an endpoint in ${String(discovery.CONSUL_HTTP_ADDR)}: ${missing.join(', ')}\n`)
    io.out(welcome(gateway, shop, { secret, registry: String(discovery.CONSUL_HTTP_ADDR) }))
    return new Promise<number>(() => {})
  }
}

/** Consul's own port when nobody has it. Null when there is a Consul to use. */
async function startOwnRegistry(env: CliIo['env']): Promise<RegistryServer | null> {
  if ((env['CONSUL_HTTP_ADDR'] ?? '') !== '') return null
  const start = (port: number): Promise<RegistryServer> =>
    startRegistry({ host: '127.0.0.1', port, clock: systemClock, random: createSystemRandom() })
  return start(CONSUL_PORT).catch(() => start(0))
}

/** Waits until every upstream has an endpoint; resolves to the names of those that have none after all. */
async function untilDiscovered(gateway: RunningGateway): Promise<readonly string[]> {
  for (let waited = 0; waited < DISCOVERY_LIMIT_MS && gateway.upstreamsWithoutEndpoints.length > 0; waited += 50) await delay(50)
  return gateway.upstreamsWithoutEndpoints
}

/** Beside package.json, from the sources as well as from the compiled files. */
function exampleFile(): string {
  return fileURLToPath(new URL('../../gateway.example.yaml', import.meta.url))
}

/** Orders comes last: it is told where all the others are. */
async function startShop(env: CliIo['env']): Promise<ReadonlyMap<string, SampleProcess>> {
  const shop = new Map<string, SampleProcess>()
  const begin = async (name: string, instance: string, port?: number): Promise<void> => {
    const service = sampleServices.find((one) => one.name === name)
    if (service === undefined) throw new Error(`there is no sample service ${name}`)
    const own = { WEIGHT: String(WEIGHTS[instance] ?? 1), ...env, ...shopUrls(shop) }
    shop.set(instance, await startSample({ service, instance, port: port ?? service.defaultPort, env: own }))
  }
  try {
    await Promise.all([
      ...sampleServices.filter((service) => service.name !== 'orders').map((service) => begin(service.name, `${service.name}-1`)),
      begin(SECOND_REPLICA.name, `${SECOND_REPLICA.name}-2`, SECOND_REPLICA.port)
    ])
    await begin('orders', 'orders-1')
    return shop
  } catch (error) {
    await Promise.all([...shop.values()].map((service) => service.stop()))
    throw error
  }
}

/** `USERS_URL` for `users-1`, `PRODUCTS_2_URL` for `products-2`. */
function shopUrls(shop: ReadonlyMap<string, SampleProcess>): Record<string, string> {
  return Object.fromEntries(
    [...shop].map(([instance, service]) => {
      const name = instance.endsWith('-1') ? instance.slice(0, -2) : instance
      return [`${name.replaceAll('-', '_').toUpperCase()}_URL`, service.url]
    })
  )
}

function welcome(
  gateway: RunningGateway,
  shop: ReadonlyMap<string, SampleProcess>,
  { secret, registry }: { secret: string; registry: string }
): string {
  const base = `http://127.0.0.1:${gateway.port()}`
  const provider = gateway.plan.providers.shop as Parameters<typeof mintToken>[0] | undefined
  const token = mintToken({ ...provider, secret }, { sub: 'u-1', name: 'Ada Lovelace' }, 24 * 3_600_000)
  const rows = [...shop.values()].sort((a, b) => (a.instance < b.instance ? -1 : 1)).map((service) => [service.instance, service.url])
  const order = `'{"items":[{"productId":"p-1","quantity":1}]}'`
  return [
    '',
    table(
      ['WHAT', 'WHERE'],
      [['gateway', base], ['admin', gateway.adminPort === null ? 'off' : `http://127.0.0.1:${gateway.adminPort}`], ['registry', registry], ...rows]
    ),
    'A public read, from either replica (see x-instance):',
    `  curl -i ${base}/api/products/p-1`,
    'An order by u-1, which ends confirmed:',
    `  curl -i ${base}/api/orders -H 'authorization: Bearer ${token}' -H 'content-type: application/json' -d ${order}`,
    'The same without a token, refused with 401:',
    `  curl -i ${base}/api/orders -H 'content-type: application/json' -d ${order}`,
    '',
    'Ctrl-C ends everything.',
    ''
  ].join('\n')
}
