import type { RunRecord } from './record.ts'
import type { Expectation, Limits, Measure, Span } from './scenario.ts'
import { isClientError, percentile } from './statistics.ts'

export interface Verdict {
  readonly text: string
  readonly ok: boolean
  /** Null when there was nothing to measure, which never is what was expected. */
  readonly measured: number | string | null
}

export function evaluate({ text, measure, span, limits }: Expectation, record: RunRecord): Verdict {
  if (measure.kind === 'breakerEndsAs') {
    const phase = transitionsOf(measure.of, record).at(-1)?.to ?? 'closed'
    return { text, ok: phase === measure.phase, measured: phase }
  }
  const measured = measuredOf(measure, span, record)
  return { text, ok: measured !== null && isWithin(measured, limits), measured: measured === null ? null : Math.round(measured * 1e4) / 1e4 }
}

function isWithin(value: number, { min, max }: Limits): boolean {
  return (min === null || value >= min) && (max === null || value <= max)
}

function measuredOf(measure: Exclude<Measure, { kind: 'breakerEndsAs' }>, span: Span, record: RunRecord): number | null {
  const isIn = (upstream: string, atMs: number): boolean =>
    (span.upstream === null || upstream === span.upstream) && atMs >= span.fromMs && atMs < span.toMs
  const isOf = (load: string): boolean => span.load === null || load === span.load
  const requests = record.requests.filter(({ upstream, load, startedMs }) => isIn(upstream, startedMs) && isOf(load))
  const attempts = record.attempts.filter(({ upstream, startedMs }) => isIn(upstream, startedMs))
  const marks = (kind: string): number => record.marks.filter((mark) => mark.kind === kind && isIn(mark.upstream, mark.atMs)).length
  const decisions = (policy: string, decision: string): RunRecord['limits'] =>
    record.limits.filter((one) => one.policy === policy && one.decision === decision && isIn(one.upstream, one.atMs) && isOf(one.load))
  switch (measure.kind) {
    case 'clientErrors':
      return requests.filter(isClientError).length
    case 'clientErrorShare':
      return ratio(requests.filter(isClientError).length, requests.length)
    case 'amplification':
      return ratio(attempts.length, requests.length)
    case 'retries':
      return marks('retry')
    case 'queueRejections':
      return marks('bulkhead-rejected')
    case 'fallbacks':
      return marks('fallback')
    case 'limited':
      return measure.policy === null ? requests.filter(({ code }) => code === 'SP_RATE_LIMITED').length : decisions(measure.policy, 'refused').length
    case 'admitted': {
      const times = decisions(measure.policy, 'allowed').map(({ atMs }) => atMs)
      return measure.withinMs === null ? times.length : mostWithin(times, measure.withinMs)
    }
    case 'answers':
      return requests.filter(
        ({ status, code }) => (measure.status === null || status === measure.status) && (measure.code === null || code === measure.code)
      ).length
    case 'latency': {
      const times = requests.filter(({ finished }) => finished).map(({ startedMs, endedMs }) => endedMs - startedMs)
      times.sort((a, b) => a - b)
      return percentile(times, measure.percentile)
    }
    case 'share':
      return ratio(attempts.filter(({ endpoint }) => endpoint === measure.endpoint).length, attempts.length)
    case 'attempts':
      return attempts.filter(({ endpoint }) => measure.endpoint === null || endpoint === measure.endpoint).length
    case 'ejections':
      return record.health.filter(
        ({ upstream, atMs, event }) =>
          event.kind === 'ejected' && isIn(upstream, atMs) && (measure.endpoint === null || new URL(event.key).host === measure.endpoint)
      ).length
    case 'breakerOpens':
      return transitionsOf(measure.of, record).filter(({ to }) => to === 'open').length
    case 'breakerOpensBy':
      return transitionsOf(measure.of, record).find(({ to }) => to === 'open')?.atMs ?? null
  }
}

/** @param times In order. */
function mostWithin(times: readonly number[], lengthMs: number): number {
  let most = 0
  let first = 0
  for (let last = 0; last < times.length; last++) {
    while ((times[last] as number) - (times[first] as number) >= lengthMs) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

function transitionsOf(upstream: string, record: RunRecord): RunRecord['breakers'] {
  return record.breakers.filter(({ owner }) => owner.upstream === upstream)
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}
