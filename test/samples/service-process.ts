import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { sampleServices } from '../../samples/index.ts'
import { COMPILE_CACHE } from '../support/gateway-process.ts'

export interface ServiceProcess {
  child: ChildProcessWithoutNullStreams
  announcement: { service: string; instance: string; url: string }
  url: string
  /** All that it has printed on stdout so far. */
  lines: readonly string[]
  /** The exit code, or the signal that ended it. */
  exit: Promise<number | string>
}

/** Runs a sample service as a process on a free port, as an operator would; killed with the test if it is still there. */
export async function startProcess(t: Test, name: string, env: Record<string, string>): Promise<ServiceProcess> {
  const child = spawnService(name, env)
  t.teardown(() => {
    child.kill('SIGKILL')
  })
  const exit = exitOf(child)
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push(line))
  const ended = exit.then((code) => {
    throw new Error(`${name} ended with ${code}`)
  })
  const [line] = await Promise.race([once(reader, 'line') as Promise<[string]>, ended])
  const announcement = JSON.parse(line) as ServiceProcess['announcement']
  return { child, announcement, url: announcement.url, lines, exit }
}

export function spawnService(name: string, env: Record<string, string>): ChildProcessWithoutNullStreams {
  const service = sampleServices.find((candidate) => candidate.name === name)
  if (service === undefined) throw new Error(`There is no service ${name}`)
  return spawn(process.execPath, [fileURLToPath(service.entry)], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, PORT: '0', LOG_LEVEL: 'silent', ...env },
    stdio: ['pipe', 'pipe', 'pipe']
  })
}

export async function exitOf(child: ChildProcessWithoutNullStreams): Promise<number | string> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return code ?? signal ?? 'unknown'
}
