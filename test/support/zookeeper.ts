import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { delimiter, join } from 'node:path'
import { eventually } from './client.ts'
import { temporaryFolder } from './gateway-process.ts'
import type { Teardown } from './gateway.ts'

export interface Zookeeper {
  /** `127.0.0.1:port` */
  readonly address: string
  readonly port: number
  /** Ends it at once, without a word to anybody. */
  kill(): Promise<void>
  /** Starts it again on the same port with the same data, or with none. Kills it before that when it still runs. */
  restart(options?: { readonly empty: boolean }): Promise<void>
  /** Keeps its connections, but does nothing until `resume`. */
  pause(): void
  resume(): void
  /** Ids of the sessions that it knows of, as hex digits. */
  sessions(): Promise<readonly string[]>
}

/** Where Debian's package puts it; it names what it needs itself. */
const JAR = '/usr/share/java/zookeeper.jar'
const CLASS_PATH = process.env['ZOOKEEPER_CLASSPATH'] ?? `${JAR}:/usr/share/java/slf4j-nop.jar`

/**
 * Why a test that needs ZooKeeper is to be skipped; for the `skip` option of a test. False when there is one, and under CI, where a missing
 * one fails.
 */
export function zookeeperMissing(): string | false {
  if (process.env['CI'] === 'true') return false
  if (process.env['ZOOKEEPER_CLASSPATH'] === undefined && !existsSync(JAR)) return `there is no ${JAR} and no ZOOKEEPER_CLASSPATH`
  return findJava() === null ? 'there is no `java` on the PATH' : false
}

/** Runs a real ZooKeeper of one server until the test ends. Resolves when it can be written to. */
export async function startZookeeper(t: Teardown, jvmArgs: readonly string[] = []): Promise<Zookeeper> {
  const port = await freePort()
  let folder = temporaryFolder(t)
  let child: ChildProcess | null = null
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
    child = spawnZookeeper(folder, port, jvmArgs)
    await untilReady(child, port)
  }
  t.teardown(kill)
  await restart()
  return {
    address: `127.0.0.1:${port}`,
    port,
    kill,
    restart,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    sessions: () => askForSessions(port)
  }
}

function spawnZookeeper(folder: string, port: number, jvmArgs: readonly string[]): ChildProcess {
  const java = findJava()
  if (java === null) throw new Error('there is no `java` on the PATH')
  const config = join(folder, 'zoo.cfg')
  const settings = {
    // The unit of everything: a session expires up to one of these late.
    tickTime: 100,
    minSessionTimeout: 200,
    maxSessionTimeout: 60_000,
    dataDir: join(folder, 'data'),
    clientPort: port,
    clientPortAddress: '127.0.0.1',
    'admin.enableServer': false,
    '4lw.commands.whitelist': 'ruok,dump,srvr'
  }
  writeFileSync(
    config,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')
  )
  const start = ['-Xmx64m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dzookeeper.forceSync=no', ...jvmArgs, '-cp', CLASS_PATH]
  return spawn(java, [...start, 'org.apache.zookeeper.server.ZooKeeperServerMain', config], { stdio: ['ignore', 'ignore', 'pipe'] })
}

async function untilReady(child: ChildProcess, port: number): Promise<void> {
  let said = ''
  child.stderr?.on('data', (text: Buffer) => {
    said = (said + text.toString()).slice(-2000)
  })
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  await eventually(async () => ended || (await ask(port, 'srvr', 200)).includes('Mode: standalone'), 20_000)
  if (ended) throw new Error(`ZooKeeper ended before it was ready: ${said}`)
}

/** Sessions are listed by when they expire; one that moves on while they are may be missing or there twice, but is counted once. */
async function askForSessions(port: number): Promise<readonly string[]> {
  let ids = new Set<string>()
  await eventually(async () => {
    const [sessions = ''] = (await ask(port, 'dump')).split('ephemeral nodes dump')
    ids = new Set([...sessions.matchAll(/^\s+0x([0-9a-f]+)$/gm)].map(([, id]) => id as string))
    return ids.size === Number(/^Session Sets \(\d+\)\/\((\d+)\)/m.exec(sessions)?.[1])
  })
  return [...ids].toSorted()
}

/** One of ZooKeeper's four-letter words. While it starts, it may take one and forget to close the connection. */
async function ask(port: number, word: string, timeout = 5000): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1', timeout })
  socket.on('timeout', () => socket.destroy())
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  await once(socket, 'connect')
  socket.write(word)
  await once(socket, 'close')
  return text
}

function findJava(): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, 'java'), constants.X_OK)
      return join(folder, 'java')
    } catch {
      // Not here.
    }
  }
  return null
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
