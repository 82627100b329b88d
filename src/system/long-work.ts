import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { nextTurn } from './turn.ts'

/** What has just been made and lives on is copied in one go, some 3 ms for each MiB; Node's own limit is 16 MiB. */
const YOUNG_BYTES = 3 * 1024 * 1024

/**
 * To be awaited between two slices of long work that makes much of what stays, as a reload does. Left to itself, Node would collect the young
 * objects of several slices together, and requests would wait for 20 to 50 ms instead of for one slice.
 */
export function nextSlice(): Promise<void> {
  if (collect !== null && youngBytes() > YOUNG_BYTES) collect({ type: 'minor' })
  return nextTurn()
}

const collect = findCollector()

/** Node gives it to nobody but who starts it with `--expose-gc`, which shows it to all code; null when this cannot be had. */
function findCollector(): ((options: { readonly type: 'minor' }) => void) | null {
  setFlagsFromString('--expose-gc')
  // Another thread may be at the same, and take the flag back first.
  const found: unknown = runInNewContext("typeof gc === 'function' ? gc : null")
  if (!('gc' in globalThis)) setFlagsFromString('--no-expose-gc')
  return typeof found === 'function' ? (found as (options: { readonly type: 'minor' }) => void) : null
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_used_size ?? 0
}
