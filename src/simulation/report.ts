import type { BreakerPhase } from '../policy/breaker/types.ts'
import { evaluate } from './evaluate.ts'
import type { MarkKind, RequestFacts, RunRecord } from './record.ts'
import type { Scenario } from './scenario.ts'
import { isClientError, percentile } from './statistics.ts'
import type { World } from './world.ts'

/** What a run has shown. Times are ms since its start; plain data, the same for the same seed. */
export interface Report {
  readonly scenario: string
  readonly seed: number
  /** When the last request was over. */
  readonly endedMs: number
  readonly requests: number
  /** Number of answers by status; `cut` broke off, `aborted` were given up by their clients. */
  readonly answers: Readonly<Record<string, number>>
  /** Number of answers by error code of the gateway. */
  readonly codes: Readonly<Record<string, number>>
  readonly latencyMs: LatencyFacts
  readonly attempts: number
  /** Attempts for each request. */
  readonly amplification: number
  readonly endpoints: readonly { readonly endpoint: string; readonly attempts: number; readonly share: number }[]
  /** By what they answer to, `free` and `hedge` included. */
  readonly retries: Readonly<Record<string, number>>
  readonly retriesRefused: Readonly<Record<string, number>>
  readonly breakerRejections: number
  readonly queueRejections: number
  readonly fallbacks: Readonly<Record<string, number>>
  /** What each limit decided, by name. */
  readonly limits: readonly LimitCounts[]
  readonly breakers: readonly {
    /** Name of the upstream, or of the load as `load-0`. */
    readonly of: string
    readonly atMs: number
    readonly from: BreakerPhase
    readonly to: BreakerPhase
    readonly reason: string
    readonly openMs: number | null
  }[]
  readonly health: readonly {
    readonly upstream: string
    readonly atMs: number
    readonly kind: string
    readonly endpoint: string | null
    readonly detail: string
  }[]
  readonly seconds: readonly SecondFacts[]
  readonly expectations: readonly { readonly text: string; readonly ok: boolean; readonly measured: number | string | null }[]
  /** What must never happen, whatever the scenario. */
  readonly defects: readonly string[]
  /** No defect, and every expectation holds. */
  readonly ok: boolean
}

export interface LimitCounts {
  readonly policy: string
  readonly allowed: number
  readonly refused: number
  readonly dryRunRefused: number
  /** Requests that Redis could not be asked about. */
  readonly storeErrors: number
}

/** Time to the end of the answer; null without one. */
export interface LatencyFacts {
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
  readonly max: number | null
}

/** What began in one second. */
export interface SecondFacts {
  readonly second: number
  readonly requests: number
  readonly errors: number
  /** Refused by limits. */
  readonly limited: number
  readonly p50: number | null
  readonly p99: number | null
  readonly attempts: Readonly<Record<string, number>>
}

export function createReport(scenario: Scenario, seed: number, world: World): Report {
  const { record, endpoints } = world
  const { requests, attempts } = record
  const expectations = scenario.expectations.map((expectation) => evaluate(expectation, record))
  const { defects } = record
  return {
    scenario: scenario.name,
    seed,
    endedMs: requests.reduce((last, { endedMs }) => Math.max(last, endedMs), 0),
    requests: requests.length,
    answers: countBy(requests, answerOf),
    codes: countBy(
      requests.filter(({ code }) => code !== null),
      ({ code }) => code ?? ''
    ),
    latencyMs: latencyOf(requests),
    attempts: attempts.length,
    amplification: round(requests.length === 0 ? 0 : attempts.length / requests.length),
    endpoints: [...endpoints.keys()].map((endpoint) => {
      const count = attempts.filter((attempt) => attempt.endpoint === endpoint).length
      return { endpoint, attempts: count, share: round(attempts.length === 0 ? 0 : count / attempts.length) }
    }),
    retries: reasons(record, 'retry'),
    retriesRefused: reasons(record, 'retry-refused'),
    breakerRejections: count(record, 'breaker-rejected'),
    queueRejections: count(record, 'bulkhead-rejected'),
    fallbacks: reasons(record, 'fallback'),
    limits: limitsOf(record),
    breakers: record.breakers.map(({ owner, atMs, from, to, reason, openMs }) => ({
      of: owner.upstream || owner.route,
      atMs,
      from,
      to,
      reason,
      openMs
    })),
    health: record.health.map(healthLine),
    seconds: secondsOf(record),
    expectations,
    defects,
    ok: defects.length === 0 && expectations.every(({ ok }) => ok)
  }
}

function answerOf({ aborted, finished, status }: RequestFacts): string {
  if (aborted) return 'aborted'
  return finished ? String(status) : 'cut'
}

function latencyOf(requests: readonly RequestFacts[]): LatencyFacts {
  const sorted = requests
    .filter(({ finished }) => finished)
    .map(({ startedMs, endedMs }) => endedMs - startedMs)
    .sort((a, b) => a - b)
  return { p50: percentile(sorted, 50), p90: percentile(sorted, 90), p99: percentile(sorted, 99), max: percentile(sorted, 100) }
}

function secondsOf({ requests, attempts }: RunRecord): readonly SecondFacts[] {
  const byRequests = Map.groupBy(requests, ({ startedMs }) => Math.floor(startedMs / 1000))
  const byAttempts = Map.groupBy(attempts, ({ startedMs }) => Math.floor(startedMs / 1000))
  const seconds = [...new Set([...byRequests.keys(), ...byAttempts.keys()])].sort((a, b) => a - b)
  return seconds.map((second) => {
    const here = byRequests.get(second) ?? []
    const { p50, p99 } = latencyOf(here)
    return {
      second,
      requests: here.length,
      errors: here.filter(isClientError).length,
      limited: here.filter(({ code }) => code === 'SP_RATE_LIMITED').length,
      p50,
      p99,
      attempts: countBy(byAttempts.get(second) ?? [], ({ endpoint }) => endpoint)
    }
  })
}

function limitsOf({ limits }: RunRecord): readonly LimitCounts[] {
  const policies = [...new Set(limits.map(({ policy }) => policy))].sort()
  return policies.map((policy) => {
    const count = (decision: string): number => limits.filter((one) => one.policy === policy && one.decision === decision).length
    return {
      policy,
      allowed: count('allowed'),
      refused: count('refused'),
      dryRunRefused: count('dry_run_refused'),
      storeErrors: count('store_error')
    }
  })
}

function healthLine({ upstream, atMs, event }: RunRecord['health'][number]): Report['health'][number] {
  const detail =
    event.kind === 'ejected'
      ? `${event.reason}, for ${event.forMs} ms`
      : event.kind === 'unhealthy'
        ? event.reason
        : event.kind === 'panic'
          ? String(event.on)
          : ''
  return { upstream, atMs, kind: event.kind, endpoint: event.kind === 'panic' ? null : new URL(event.key).host, detail }
}

function count(record: RunRecord, kind: MarkKind): number {
  return record.marks.filter((mark) => mark.kind === kind).length
}

function reasons(record: RunRecord, kind: MarkKind): Readonly<Record<string, number>> {
  return countBy(
    record.marks.filter((mark) => mark.kind === kind),
    ({ reason }) => reason
  )
}

/** With the keys in order, so that equal runs print alike. */
function countBy<T>(items: readonly T[], key: (item: T) => string): Readonly<Record<string, number>> {
  const groups = Map.groupBy(items, key)
  return Object.fromEntries([...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { length }]) => [name, length]))
}

function round(ratio: number): number {
  return Math.round(ratio * 1e4) / 1e4
}
