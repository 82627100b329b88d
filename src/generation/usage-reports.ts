import type { Log, UsageReport } from '../plugin-api/index.ts'

/** What the plugins of one generation report of the use of limits, each count once. */
export class UsageReports {
  readonly #log: Log
  readonly #reports = new Map<string, UsageReport>()
  /** The first of each count. */
  readonly #counts = new Map<string, UsageReport>()

  constructor(log: Log) {
    this.#log = log
  }

  get list(): readonly UsageReport[] {
    return [...this.#reports.values()]
  }

  add(route: string, report: UsageReport): void {
    const { store, count, amounts, dryRun, quota } = report
    const id = JSON.stringify([store, count, amounts, dryRun])
    if (this.#reports.has(id)) return
    this.#reports.set(id, report)
    const countId = JSON.stringify([store, count])
    const first = this.#counts.get(countId)
    if (first === undefined) this.#counts.set(countId, report)
    else if (first.amounts !== amounts) {
      this.#log.warn({ quota, route }, 'a quota shares its count with one of the same name that has other amounts')
    }
  }
}
