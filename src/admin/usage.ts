import { StoreUnavailable, type Consumer, type LimitVerdict, type UsageCaller, type UsageReport } from '../plugin-api/index.ts'
import type { AdminAnswer } from './desk.ts'

/** Questions in one call: Redis does nothing else for about a millisecond. */
const MOST_AT_ONCE = 256
/** Nobody reaches it: what is left of it tells what is used, also beyond the caller's own limit. */
const UNREACHED = 1e15

export interface UsageView {
  usage(): readonly UsageReport[]
  plan(): { readonly consumers: readonly Consumer[] }
  wall(): number
}

interface Row {
  readonly report: UsageReport
  readonly caller: UsageCaller | null
}

/** `GET /usage`, with `?consumer=` and `?quota=`. */
export async function answerUsage(query: unknown, view: UsageView): Promise<AdminAnswer> {
  const { consumer: name, quota } = query as Readonly<Record<string, string | readonly string[] | undefined>>
  if (typeof name === 'object' || typeof quota === 'object') return failure(400, 'expected at most one consumer and one quota')
  const consumer = name === undefined ? null : view.plan().consumers.find((one) => one.name === name)
  if (consumer === undefined) return failure(404, `there is no consumer ${name} in the configuration`)
  const reports = view.usage().filter((report) => quota === undefined || report.quota === quota)
  if (quota !== undefined && reports.length === 0) return failure(404, `there is no quota ${quota}`)
  const rows = reports.flatMap((report) => rowsOf(report, consumer))
  const verdicts = await readAll(rows)
  const wall = view.wall()
  return { status: 200, body: rows.map((row) => describeRow(row, verdicts.get(row) ?? null, wall)) }
}

function failure(status: number, error: string): AdminAnswer {
  return { status, body: { error } }
}

function rowsOf(report: UsageReport, consumer: Consumer | null): readonly Row[] {
  const callers = report.callers(consumer)
  return callers === null ? [{ report, caller: null }] : callers.map((caller) => ({ report, caller }))
}

/** Without those of a store that is away. */
async function readAll(rows: readonly Row[]): Promise<ReadonlyMap<Row, LimitVerdict>> {
  const verdicts = new Map<Row, LimitVerdict>()
  const known = rows.flatMap((row) => (row.caller === null ? [] : [{ row, caller: row.caller }]))
  for (const [limits, asked] of Map.groupBy(known, ({ row }) => row.report.limits)) {
    try {
      for (let i = 0; i < asked.length; i += MOST_AT_ONCE) {
        const some = asked.slice(i, i + MOST_AT_ONCE)
        const answers = await limits.peek(some.map(({ caller: { rule, key } }) => ({ rule: { ...rule, limit: UNREACHED }, key, cost: 0 })))
        for (const [index, answer] of answers.entries()) verdicts.set((some[index] as (typeof some)[number]).row, answer)
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }
  return verdicts
}

function describeRow({ report, caller }: Row, verdict: LimitVerdict | null, wall: number): object {
  const { quota, route, by, period, window, store, dryRun } = report
  const limit = caller?.rule.limit ?? report.limit
  const used = verdict === null ? null : UNREACHED - verdict.remaining
  return {
    quota,
    ...(route === null ? {} : { route }),
    ...(caller?.consumer === undefined ? {} : { consumer: caller.consumer }),
    ...(caller?.group === undefined ? {} : { group: caller.group }),
    by,
    limit,
    used,
    remaining: used === null ? null : Math.max(0, limit - used),
    resetsAt: verdict === null || verdict.resetMs === 0 ? null : timeText(wall + verdict.resetMs),
    period,
    window,
    store,
    ...(dryRun ? { dryRun } : {}),
    ...(caller === null ? { unlisted: `callers by ${by} are not known by name` } : verdict === null ? { unavailable: true } : {})
  }
}

/** To the second: what the way to the store took does not move a midnight. */
function timeText(ms: number): string {
  return new Date(Math.round(ms / 1000) * 1000).toISOString()
}
