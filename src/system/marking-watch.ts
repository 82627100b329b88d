import { GCProfiler } from 'node:v8'

/** Longer than compiling a large file, and than the usual time between two scrapes. Each collection adds some 3 KiB to what the profiler holds until it is asked. */
const IDLE_MS = 20_000
/** Longer than marking usually takes: nobody tells of one that has begun before. */
const UNKNOWN_MS = 200

/** Knows whether V8 is marking for a full collection of this thread's heap, from when it was started until 20 seconds after it was started last. */
export class MarkingWatch {
  #profiler: GCProfiler | null = null
  #idle: NodeJS.Timeout | null = null
  #isUnderWay = false
  /** Until then one may be under way that has begun before anybody looked. */
  #unknownUntil = 0

  start(): void {
    this.#idle ??= setTimeout(() => this.#stop(), IDLE_MS).unref()
    this.#idle.refresh()
    if (this.#profiler !== null) return
    this.#isUnderWay = false
    this.#unknownUntil = performance.now() + UNKNOWN_MS
    this.#profiler = startProfiler()
  }

  /** As of this moment: the profiler is told by V8 itself, an observer of `perf_hooks` two turns later. Takes 4 µs. */
  isUnderWay(): boolean {
    const last = this.#profiler?.stop()?.statistics.findLast(({ gcType }) => gcType === 'IncrementalMarking' || gcType === 'MarkSweepCompact')
    // The mark of its beginning, or the collection that was its end.
    if (last !== undefined) {
      this.#isUnderWay = last.gcType === 'IncrementalMarking'
      this.#unknownUntil = 0
    }
    if (this.#profiler !== null) this.#profiler = startProfiler()
    return this.#isUnderWay || performance.now() < this.#unknownUntil
  }

  #stop(): void {
    this.#profiler?.stop()
    this.#profiler = null
    this.#idle = null
  }
}

function startProfiler(): GCProfiler {
  const profiler = new GCProfiler()
  profiler.start()
  return profiler
}
