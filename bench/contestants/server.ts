// Servers that are programs of their own: one worker, one thread, kept-alive connections to the upstreams, no access log.
import type { Scene } from '../process/scene.ts'
import { cpuUs, openFileLimit, processTree } from '../process/proc.ts'
import { findProgram } from '../process/programs-on-path.ts'
import type { Running } from './types.ts'

export function missingProgram(name: string): string | null {
  return findProgram(name) === null ? `there is no ${name} on the PATH` : null
}

export function startServer(scene: Scene, name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const started = scene.start(findProgram(name) ?? name, args, { role: 'contestant', isAsked: true, env })
  return { ...started, cpuUs: async () => cpuUs(processTree(started.pid)) }
}

/** Connections with clients: each may need another one to an upstream, and a few files are open besides. */
export function maxClients(): number {
  return Math.min(10_000, Math.floor((openFileLimit() - 300) / 2))
}
