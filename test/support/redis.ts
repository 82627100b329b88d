import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import net from 'node:net'
import { delimiter, join } from 'node:path'
import { Redis } from 'ioredis'
import { eventually } from './client.ts'
import { temporaryFolder } from './gateway-process.ts'
import type { Teardown } from './gateway.ts'

export interface RedisServer {
  readonly port: number
  readonly url: string
  /** A connection of the test's own. */
  readonly admin: Redis
  /** Ends it at once, without a word to anybody. */
  kill(): Promise<void>
  /** Starts it again on the same port with nothing in its memory. Kills it before that when it still runs. */
  restart(): Promise<void>
  /** Keeps its connections, but does nothing until `resume`. */
  pause(): void
  resume(): void
}

/**
 * Why a test that needs Redis is to be skipped; for the `skip` option of a test. False when there is one, and under CI, where a missing one
 * fails.
 */
export function redisMissing(): string | false {
  if (process.env['CI'] === 'true' || findRedis() !== null) return false
  return 'there is no `redis-server` on the PATH'
}

/** Runs a real Redis until the test ends. Resolves when it answers. @param args Further settings, such as `--requirepass`, `secret` */
export async function startRedis(t: Teardown, args: readonly string[] = [], adminOptions: object = {}): Promise<RedisServer> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('there is no free port')
  const folder = temporaryFolder(t)
  // Refused commands are what `eventually` repeats.
  const admin = new Redis({ port, lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => 10, protocol: 2, ...adminOptions })
  admin.on('error', () => {})
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
    child = spawnRedis(['--port', String(port), '--dir', folder, ...args])
    await untilReady(child, admin)
  }
  t.teardown(async () => {
    admin.disconnect()
    await kill()
  })
  await restart()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    admin,
    kill,
    restart,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT')
  }
}

/** A `redis-server` with a configuration file, as Sentinel needs one. */
export function spawnRedis(args: readonly string[]): ChildProcess {
  const redis = findRedis()
  if (redis === null) throw new Error('there is no `redis-server` on the PATH')
  return spawn(redis, [...args, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: ['ignore', 'pipe', 'pipe'] })
}

async function untilReady(child: ChildProcess, admin: Redis): Promise<void> {
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
  await eventually(async () => ended || (await admin.ping()) === 'PONG')
  if (ended) throw new Error(`redis-server ended before it was ready: ${said}`)
}

/** Whether this build can serve TLS. */
export function redisHasTls(): boolean {
  const redis = findRedis()
  return redis !== null && execFileSync('ldd', [redis]).includes('libssl')
}

function findRedis(): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, 'redis-server'), constants.X_OK)
      return join(folder, 'redis-server')
    } catch {
      // Not here.
    }
  }
  return null
}

export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
