import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { eventually } from './client.ts'
import type { Teardown } from './gateway.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface Program {
  readonly child: ChildProcess
  /** Lines of standard output so far. */
  readonly lines: readonly string[]
  /** Standard error so far. */
  readonly errors: () => string
  /** The exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>
}

export interface GatewayProcess extends Program {
  readonly url: string
  readonly port: number
  readonly adminUrl: string
  /** The first log line with that message, as soon as it is there. */
  logged(message: string): Promise<Record<string, unknown>>
}

/** That of the tests, wherever the program runs: with it a start takes two thirds of the time. */
export const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url))

export interface ProgramOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Further arguments. */
  readonly args?: readonly string[]
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[]
  /** How long a line of the log is waited for. Default: 30 s. */
  readonly patienceMs?: number
}

/** Runs `sallyport` with these arguments as a process; killed with the test if it is still there. */
export function startProgram(t: Teardown, args: readonly string[], options: ProgramOptions = {}): Program {
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), MAIN, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  t.teardown(() => {
    child.kill('SIGKILL')
  })
  const lines: string[] = []
  let errors = ''
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const exit = once(child, 'close').then(([code, signal]) => (code ?? signal ?? 'unknown') as number | string)
  return { child, lines, errors: () => errors, exit }
}

/** Starts a gateway from a file as an operator would, and waits until it listens. */
export async function startGatewayProcess(t: Teardown, file: string, options: ProgramOptions = {}): Promise<GatewayProcess> {
  const program = startProgram(t, ['start', '-c', file, ...(options.args ?? [])], options)
  const find = (message: string) => program.lines.map((line) => JSON.parse(line) as Record<string, unknown>).find((line) => line['msg'] === message)
  const logged = async (message: string) => {
    await eventually(() => {
      if (find(message) === undefined) throw new Error(`the gateway did not log "${message}": ${program.errors()}`)
    }, options.patienceMs ?? 30_000)
    return find(message) as Record<string, unknown>
  }
  const port = Number((await logged('listening'))['port'])
  const admin = Number((await logged('admin listening'))['port'])
  return { ...program, port, url: `http://127.0.0.1:${port}`, adminUrl: `http://127.0.0.1:${admin}`, logged }
}

/** A folder of its own with these files; removed with the test. */
export function temporaryFolder(t: Teardown, files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'))
  t.teardown(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}
