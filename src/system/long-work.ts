import { setTimeout as delay } from 'node:timers/promises'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { MarkingWatch } from './marking-watch.ts'
import { nextTurn } from './turn.ts'

/** What has just been made and lives on is copied in one go, some 3 ms for each MiB; Node's own limit is 32 MiB. */
const YOUNG_BYTES = 3 * 1024 * 1024
/** Marking 100 MiB takes some 80 ms where cores are free. Long work goes on after this in any case. */
const MARKING_MS = 500
const LOOK_MS = 2

const marking = new MarkingWatch()

/** To be called when long work is asked for that begins later: its first slices then need not wait to know what V8 is at. */
export function expectLongWork(): void {
  if (collect !== null) marking.start()
}

/**
 * To be awaited between two slices of long work that makes much of what stays, as a reload does. Left to itself, Node would collect the young
 * objects of several slices together, and requests would wait for 20 to 50 ms instead of for one slice.
 *
 * While other threads mark for a full collection, young objects cannot be collected alone: V8 would end the marking in one go (its flag
 * `--separate-gc-phases`), for which requests were seen to wait for 150 ms. Long work then rests until it is done.
 */
export async function nextSlice(): Promise<void> {
  if (collect !== null) {
    marking.start()
    const until = performance.now() + MARKING_MS
    while (youngBytes() > YOUNG_BYTES && performance.now() < until) {
      if (!marking.isUnderWay()) {
        collect({ type: 'minor' })
        break
      }
      // In real milliseconds: V8 knows no other.
      await delay(LOOK_MS)
    }
  }
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
