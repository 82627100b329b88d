// What Linux tells of processes. Everything here is of /proc, and so of Linux alone.
import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ, which is 100 wherever Node runs. */
const TICK_US = 10_000

/** The process and all that descend from it; those that are gone are left out. */
export function processTree(pid: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(statFields(Number(name))?.[1])
    if (Number.isNaN(parent)) continue
    const list = children.get(parent)
    if (list === undefined) children.set(parent, [Number(name)])
    else list.push(Number(name))
  }
  const tree = [pid]
  // The list grows while it is walked.
  for (const one of tree) tree.push(...(children.get(one) ?? []))
  return tree
}

/** User and system time so far, in ticks of 10 ms. */
export function cpuUs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = statFields(pid)
    return fields === null ? sum : sum + (Number(fields[11]) + Number(fields[12])) * TICK_US
  }, 0)
}

/** Resident memory in KiB: now, and the most that it ever was, added up. */
export function residentKib(pids: readonly number[]): { readonly now: number; readonly peak: number } {
  let [now, peak] = [0, 0]
  for (const pid of pids) {
    const text = read(`/proc/${pid}/status`)
    now += Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1] ?? 0)
    peak += Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1] ?? 0)
  }
  return { now, peak }
}

/** How many files a process may have open; Node raises its own limit to the hard one, and its children inherit that. */
export function openFileLimit(): number {
  const [, hard = ''] = /^Max open files\s+\S+\s+(\S+)/m.exec(read('/proc/self/limits')) ?? []
  return hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(hard || 1024)
}

/** What all cores together were not given since the machine started, although they had work: proc(5), `steal`. */
export function stolenMs(): number {
  const [, fields = ''] = /^cpu +(.*)$/m.exec(read('/proc/stat')) ?? []
  return (Number(fields.split(' ')[7] ?? 0) * TICK_US) / 1000
}

/** What follows the name in `stat`: the state first, then the parent. */
function statFields(pid: number): readonly string[] | null {
  const text = read(`/proc/${pid}/stat`)
  return text === '' ? null : text.slice(text.lastIndexOf(') ') + 2).split(' ')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
