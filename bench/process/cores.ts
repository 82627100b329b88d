// Who runs on which core, so that the contestant has one for itself.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
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
  pin(process.pid, [core])
}

/** As `pinSelf`, of any process. */
export function pin(pid: number, cores: readonly number[]): void {
  spawnSync('taskset', ['-a', '-cp', cores.join(','), String(pid)], { stdio: 'ignore' })
}

/** The threads that serve, each on one of these cores: where a core has more to do, the scheduler would at times put two of them on one. */
export function pinWorkers(pid: number, cores: readonly number[]): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [, number] = /^worker (\d+)/.exec(readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8')) ?? []
    const core = cores[Number(number ?? Number.NaN)]
    if (core !== undefined) spawnSync('taskset', ['-cp', String(core), thread], { stdio: 'ignore' })
  }
}

/** What one worker of several has: a core, and where its load and its origin run. */
export interface Place {
  readonly worker: number
  readonly load: number
  readonly origin: number
}

/** For so many workers, each with its own load and origin: on cores of their own as far as there are so many, else beside it. */
export function planPlaces(workers: number, count: number): readonly Place[] {
  return Array.from({ length: workers }, (_, index) => {
    const load = count >= 2 * workers ? workers + index : index
    return { worker: index, load, origin: count >= 3 * workers ? 2 * workers + index : load }
  })
}
