import { writeExposition } from '../telemetry/exposition.ts'
import { countsOf, mergeMetrics, type MetricsPart, type OwnerNames, withoutRemoved } from '../telemetry/merge.ts'
import type { MetricSnapshot } from '../telemetry/snapshot.ts'

/** How the supervisor's own thread is called in the label `worker`. */
const SUPERVISOR = 'supervisor'

/**
 * The metrics of all workers as those of one gateway. No count ever falls: a worker that does not answer counts as it last did, and what one
 * has counted whose thread has ended stays.
 */
export class WorkerMetrics {
  readonly #last = new Map<number, readonly MetricSnapshot[]>()
  #ended: readonly MetricSnapshot[] = []

  /** What a worker has said of itself. */
  update(worker: number, metrics: readonly MetricSnapshot[]): void {
    this.#last.set(worker, metrics)
  }

  /** Its thread has ended; whoever gets its number next counts from zero. */
  end(worker: number): void {
    const last = this.#last.get(worker)
    if (last === undefined) return
    this.#last.delete(worker)
    this.#ended = mergeMetrics([this.#ended, countsOf(last)].map((metrics) => ({ worker: '', metrics })))
  }

  /** @param own Those of the supervisor's thread. @param names What there is in the running configuration. */
  exposition(own: readonly MetricSnapshot[], names: OwnerNames): Iterable<string> {
    this.#ended = withoutRemoved(this.#ended, names)
    const workers = [...this.#last].toSorted(([a], [b]) => a - b)
    const parts: MetricsPart[] = [
      { worker: SUPERVISOR, metrics: own },
      ...workers.map(([worker, metrics]) => ({ worker: String(worker), metrics })),
      { worker: '', metrics: this.#ended }
    ]
    return writeExposition(mergeMetrics(parts))
  }
}
