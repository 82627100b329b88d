// Who runs on which core, so that the contestant has one for itself.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { findProgram } from './programs-on-path.ts'

export interface Cores {
  readonly contestant: number
  readonly load: number
  readonly origin: number
}

/** With two cores load and origin share the second one, which is nobody's figure. Null when nothing can be pinned. */
export function planCores(count: number, canPin: boolean): Cores | null {
  if (!canPin || count < 2) return null
  return count === 2 ? { contestant: 0, load: 1, origin: 1 } : { contestant: 0, load: 1, origin: 2 }
}

export function coresOfThisMachine(): Cores | null {
  return planCores(availableParallelism(), findProgram('taskset') !== null)
}

/** This process with all its threads; those that come later inherit it. */
export function pinSelf(core: number): void {
  spawnSync('taskset', ['-a', '-cp', String(core), String(process.pid)], { stdio: 'ignore' })
}
