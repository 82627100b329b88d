// What a figure depends on besides the code.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import type { Machine } from '../report/types.ts'
import { coresOfThisMachine } from './cores.ts'
import { findProgram } from './programs-on-path.ts'

const root = new URL('../../', import.meta.url)

export function describeMachine(versions: Readonly<Record<string, string>>): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryMib: Math.round(totalmem() / 1024 / 1024),
    kernel: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    commit: commit(),
    // What others had to do in the minute before: figures of a busy machine are not worth much.
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
    pinned: coresOfThisMachine() !== null,
    wrk: findProgram('wrk') !== null,
    versions
  }
}

export function packageVersion(name: string): string {
  const { version = 'unknown' } = JSON.parse(readFileSync(new URL(`${name}/package.json`, root), 'utf8')) as { version?: string }
  return version
}

/** With a plus sign when there are changes that are not committed. Null outside a repository. */
function commit(): string | null {
  const git = (...args: string[]): string => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout ?? ''
  const head = git('rev-parse', '--short', 'HEAD').trim()
  return head === '' ? null : git('status', '--porcelain', '--untracked-files=no') === '' ? head : `${head}+`
}
