import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import net from 'node:net'
import { delimiter, join } from 'node:path'
import { eventually, send } from './client.ts'
import { temporaryFolder } from './gateway-process.ts'
import type { Teardown } from './gateway.ts'

export interface Etcd {
  readonly url: string
  /** Ends it at once, without a word to anybody. */
  kill(): Promise<void>
  /** Starts it again on the same ports with the same data, or with none. Kills it before that when it still runs. */
  restart(options?: { readonly empty: boolean }): Promise<void>
  /** One call of the JSON gateway. @throws Error for any status but 200 */
  call(path: string, body: unknown): Promise<Record<string, unknown>>
  put(key: string, value: string, lease?: string): Promise<Record<string, unknown>>
  delete(key: string): Promise<unknown>
}

/**
 * Why a test that needs etcd is to be skipped; for the `skip` option of a test. False when there is one, and under CI, where a missing one
 * fails.
 */
export function etcdMissing(): string | false {
  if (process.env['CI'] === 'true' || findEtcd() !== null) return false
  return 'there is no `etcd` on the PATH'
}

/** Runs a cluster of one real etcd until the test ends. Resolves when it can be written to. */
export async function startEtcd(t: Teardown, args: readonly string[] = []): Promise<Etcd> {
  const [client, peer] = await freePorts()
  const url = `http://127.0.0.1:${client}`
  let folder = temporaryFolder(t)
  let child: ChildProcess | null = null
  let token: string | null = null
  const kill = async (): Promise<void> => {
    if (child === null) return
    const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null
    child.kill('SIGKILL')
    await gone
    child = null
  }
  const restart = async ({ empty }: { readonly empty: boolean } = { empty: false }): Promise<void> => {
    await kill()
    if (empty) folder = temporaryFolder(t)
    child = spawnEtcd(folder, { client, peer }, args)
    await untilReady(child, url)
  }
  const call = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const headers = token === null ? {} : { authorization: token }
    const { status, text } = await send(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
    const answer = JSON.parse(text) as Record<string, unknown>
    if (typeof answer['token'] === 'string') token = answer['token']
    return answer
  }
  t.teardown(kill)
  await restart()
  return {
    url,
    kill,
    restart,
    call,
    put: (key, value, lease) => call('/v3/kv/put', { key: base64(key), value: base64(value), ...(lease === undefined ? {} : { lease }) }),
    delete: (key) => call('/v3/kv/deleterange', { key: base64(key) })
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function spawnEtcd(folder: string, { client, peer }: { readonly client: number; readonly peer: number }, args: readonly string[]): ChildProcess {
  const etcd = findEtcd()
  if (etcd === null) throw new Error('there is no `etcd` on the PATH')
  const options = {
    name: 'test',
    'data-dir': join(folder, 'data'),
    'listen-client-urls': `http://127.0.0.1:${client}`,
    'advertise-client-urls': `http://127.0.0.1:${client}`,
    'listen-peer-urls': `http://127.0.0.1:${peer}`,
    'initial-advertise-peer-urls': `http://127.0.0.1:${peer}`,
    'initial-cluster': `test=http://127.0.0.1:${peer}`,
    logger: 'zap',
    'log-level': 'error',
    // Elects itself sooner, for the tests' sake.
    'heartbeat-interval': '20',
    'election-timeout': '100'
  }
  const numbered = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  return spawn(etcd, [...numbered, '--unsafe-no-fsync', ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  let said = ''
  child.stderr?.on('data', (text: Buffer) => {
    said = (said + text.toString()).slice(-2000)
  })
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  await eventually(async () => ended || (await send(`${url}/health`)).text.includes('"true"'), 20_000)
  if (ended) throw new Error(`etcd ended before it was ready: ${said}`)
}

function findEtcd(): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, 'etcd'), constants.X_OK)
      return join(folder, 'etcd')
    } catch {
      // Not here.
    }
  }
  return null
}

async function freePorts(): Promise<readonly [number, number]> {
  const servers = [1, 2].map(() => net.createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const [client, peer] = servers.map((server) => (server.address() as net.AddressInfo).port) as [number, number]
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return [client, peer]
}
