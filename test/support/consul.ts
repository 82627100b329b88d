import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import net from 'node:net'
import { delimiter, join } from 'node:path'
import { type Answer, eventually, send } from './client.ts'
import type { Teardown } from './gateway.ts'

export interface Consul {
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly port: number
  /** Ends it at once, without a word to anybody. */
  kill(): Promise<void>
  /** Starts it again on the same ports with nothing in its memory. Kills it before that when it still runs. */
  restart(): Promise<void>
  /** A body that is not a string is sent as JSON. Every status is an answer. */
  put(path: string, body?: unknown): Promise<Answer>
  get(path: string): Promise<Answer>
}

/**
 * Why a test that needs Consul is to be skipped; for the `skip` option of a test. False when there is one, and under CI, where a missing
 * one fails.
 */
export function consulMissing(): string | false {
  if (process.env['CI'] === 'true' || findConsul() !== null) return false
  return 'there is no `consul` on the PATH'
}

/** Runs a development agent of the real Consul until the test ends. Resolves when it has a leader. @param more Further arguments of the agent */
export async function startConsul(t: Teardown, more: readonly string[] = []): Promise<Consul> {
  const ports = await freePorts()
  const url = `http://127.0.0.1:${ports.http}`
  let child: ChildProcess | null = null
  const kill = async (): Promise<void> => {
    if (child === null) return
    const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null
    child.kill('SIGKILL')
    await gone
    child = null
  }
  const restart = async (): Promise<void> => {
    await kill()
    child = spawnAgent(ports, more)
    await untilReady(child, url)
  }
  t.teardown(kill)
  await restart()
  return {
    url,
    port: ports.http,
    kill,
    restart,
    put: async (path, body) =>
      send(url + path, { method: 'PUT', ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }) }),
    get: async (path) => send(url + path)
  }
}

interface Ports {
  readonly http: number
  readonly server: number
  readonly lan: number
  readonly wan: number
}

function spawnAgent(ports: Ports, more: readonly string[]): ChildProcess {
  const consul = findConsul()
  if (consul === null) throw new Error('there is no `consul` on the PATH')
  const numbers = { 'http-port': ports.http, 'server-port': ports.server, 'serf-lan-port': ports.lan, 'serf-wan-port': ports.wan }
  const args = Object.entries({ ...numbers, 'dns-port': -1, 'grpc-port': -1 }).flatMap(([name, port]) => [`-${name}`, String(port)])
  return spawn(consul, ['agent', '-dev', '-client', '127.0.0.1', '-bind', '127.0.0.1', '-log-level', 'err', ...args, ...more], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
}

/** Ready is not only to have a leader: until the agent has told it all about its node, indexes move without anybody's doing. */
async function untilReady(child: ChildProcess, url: string): Promise<void> {
  let said = ''
  const listen = (text: Buffer): void => {
    said = (said + text.toString()).slice(-2000)
  }
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  await eventually(async () => {
    if (ended) return
    const leader = await send(`${url}/v1/status/leader`)
    const checks = await send(`${url}/v1/health/state/passing`)
    const nodes = await send(`${url}/v1/catalog/nodes`)
    return leader.text.length > 4 && checks.text.includes('serfHealth') && nodes.text.includes('wan_ipv4')
  }, 20_000)
  if (ended) throw new Error(`consul ended before it was ready: ${said}`)
}

function findConsul(): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, 'consul'), constants.X_OK)
      return join(folder, 'consul')
    } catch {
      // Not here.
    }
  }
  return null
}

async function freePorts(): Promise<Ports> {
  const servers = [1, 2, 3, 4].map(() => net.createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const [http, server, lan, wan] = servers.map((server) => (server.address() as net.AddressInfo).port) as [number, number, number, number]
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return { http, server, lan, wan }
}
