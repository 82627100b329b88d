// All that a benchmark starts, and its end: also when it fails, and when it is interrupted.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cores } from './cores.ts'
import { processTree } from './proc.ts'
import { findProgram } from './programs-on-path.ts'

const TERM_MS = 3000

export interface StartOptions {
  /** On whose core it runs. */
  readonly role: keyof Cores
  readonly env?: Readonly<Record<string, string>>
  /** A descriptor for what it prints. Default: nowhere. */
  readonly stdout?: number
  /** Asks it to end by itself first, as a server with processes of its own must be. Others are killed. */
  readonly isAsked?: boolean
}

export interface Started {
  readonly child: ChildProcess
  readonly pid: number
  /** What it has said on standard error. */
  readonly errors: () => string
  readonly isGone: () => boolean
  stop(): Promise<void>
}

export class Scene {
  readonly cores: Cores | null
  readonly folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'))
  readonly #stops = new Set<() => Promise<void> | void>()

  constructor(cores: Cores | null) {
    this.cores = cores
  }

  /** Runs before the processes that were started earlier are stopped. */
  onEnd(run: () => Promise<void> | void): void {
    this.#stops.add(run)
  }

  /** A program of ours in a process of its own, with a channel to this one. */
  node(file: URL, args: readonly string[], options: StartOptions): Started {
    return this.start(process.execPath, [file.pathname, ...args], { ...options, env: { ...options.env, NODE_ENV: 'production' } }, true)
  }

  start(command: string, args: readonly string[], options: StartOptions, hasChannel = false): Started {
    const [program = command, ...rest] = [...this.#prefix(options.role), command, ...args]
    const child = spawn(program, rest, {
      stdio: ['ignore', options.stdout ?? 'ignore', 'pipe', ...(hasChannel ? ['ipc' as const] : [])],
      env: { ...process.env, ...options.env }
    })
    let said = ''
    child.on('error', (error) => {
      said += error.message
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000)
    })
    const stop = (): Promise<void> => {
      this.#stops.delete(stop)
      return end(child, options.isAsked ?? false)
    }
    this.#stops.add(stop)
    return { child, pid: child.pid ?? 0, errors: () => said, isGone: () => isGone(child), stop }
  }

  async end(): Promise<void> {
    for (const stop of [...this.#stops].toReversed()) await stop()
    this.#stops.clear()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Neither program stays: each becomes the next one. The signal comes when this process is gone, however it went. */
  #prefix(role: keyof Cores): readonly string[] {
    const pin = this.cores === null ? [] : ['taskset', '-c', String(this.cores[role])]
    return findProgram('setpriv') === null ? pin : [...pin, 'setpriv', '--pdeathsig', 'TERM']
  }
}

async function end(child: ChildProcess, isAsked: boolean): Promise<void> {
  if (isGone(child) || child.pid === undefined) return
  const gone = once(child, 'exit')
  const tree = processTree(child.pid)
  if (isAsked) {
    child.kill('SIGTERM')
    const timer = setTimeout(() => {
      for (const pid of tree) kill(pid)
    }, TERM_MS)
    await gone
    clearTimeout(timer)
    return
  }
  child.kill('SIGKILL')
  await gone
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went by itself.
  }
}

function isGone(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** Ports that were free a moment ago, for programs that cannot tell which one they took. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
