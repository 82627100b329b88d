import { once } from 'node:events'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scene } from '../process/scene.ts'
import type { Running, Setup } from './types.ts'

/** Starts a program of bench/programs/, which gets the set-up as a file, tells its CPU when it is asked, and ends with this process. */
export function startProgram(scene: Scene, name: string, setup: Setup, args: readonly string[] = []): Running {
  const file = join(setup.folder, 'setup.json')
  writeFileSync(file, JSON.stringify(setup))
  // A real file: writing a log is a part of the work.
  const log = openSync(join(setup.folder, 'stdout.log'), 'a')
  const started = scene.node(new URL(`../programs/${name}.ts`, import.meta.url), [file, ...args], { role: 'contestant', stdout: log })
  closeSync(log)
  const { child } = started
  return {
    ...started,
    async cpuUs() {
      child.send('cpu')
      const [said] = (await once(child, 'message')) as [{ cpu: NodeJS.CpuUsage }]
      return said.cpu.user + said.cpu.system
    }
  }
}
