import { ratioOf } from '../config/ratio.ts'
import { durationMs } from '../plugin-api/units.ts'
import type { Expectation, Limits, Measure, Span } from './scenario.ts'
import type { ExpectationText } from './scenario-schema.ts'

interface Written {
  readonly upstream?: string
  readonly load?: string
  readonly endpoint?: string
  readonly from?: string
  readonly to?: string
  readonly min?: number | string
  readonly max?: number | string
}

/** One entry of `expect`; a breaker's may hold several things. */
export function readExpectation(text: ExpectationText): readonly Expectation[] {
  const { answers, latency, share, attempts, breaker, ejections, clientErrorShare } = text
  if (breaker !== undefined) return readBreaker(breaker)
  if (latency !== undefined) return [expectation({ kind: 'latency', percentile: latency.percentile }, latency, durationMs)]
  if (share !== undefined) return [expectation({ kind: 'share', endpoint: share.endpoint }, share, ratioOf)]
  if (clientErrorShare !== undefined) return [expectation({ kind: 'clientErrorShare' }, clientErrorShare, ratioOf)]
  if (text.limited !== undefined) return [expectation({ kind: 'limited', policy: text.limited.policy ?? null }, text.limited, Number)]
  if (text.admitted !== undefined) return readAdmitted(text.admitted)
  if (answers !== undefined) return [expectation({ kind: 'answers', status: answers.status ?? null, code: answers.code ?? null }, answers, Number)]
  if (attempts !== undefined) return [expectation({ kind: 'attempts', endpoint: attempts.endpoint ?? null }, attempts, Number)]
  if (ejections !== undefined) return [expectation({ kind: 'ejections', endpoint: ejections.endpoint ?? null }, ejections, Number)]
  for (const kind of ['clientErrors', 'amplification', 'retries', 'queueRejections', 'fallbacks'] as const) {
    const written = text[kind]
    if (written !== undefined) return [expectation({ kind }, written, Number)]
  }
  return []
}

function readAdmitted(admitted: NonNullable<ExpectationText['admitted']>): readonly Expectation[] {
  const { policy, within } = admitted
  return [expectation({ kind: 'admitted', policy, withinMs: within === undefined ? null : durationMs(within) }, admitted, Number)]
}

function readBreaker(breaker: NonNullable<ExpectationText['breaker']>): readonly Expectation[] {
  const { upstream, opens, opensBy, endsAs } = breaker
  const found: Expectation[] = []
  if (opens !== undefined) found.push(expectation({ kind: 'breakerOpens', of: upstream }, opens, Number))
  if (opensBy !== undefined) found.push(expectation({ kind: 'breakerOpensBy', of: upstream }, { max: opensBy }, durationMs))
  if (endsAs !== undefined) found.push(expectation({ kind: 'breakerEndsAs', of: upstream, phase: endsAs }, {}, Number))
  return found
}

function expectation<T extends number | string>(
  measure: Measure,
  written: { readonly [K in keyof Written]?: (K extends 'min' | 'max' ? T : string) | undefined },
  convert: (value: T) => number
): Expectation {
  const { upstream, load, from, to, min, max } = written
  const span: Span = {
    upstream: upstream ?? null,
    load: load ?? null,
    fromMs: from === undefined ? 0 : durationMs(from),
    toMs: to === undefined ? Infinity : durationMs(to)
  }
  const limits: Limits = { min: min === undefined ? null : convert(min), max: max === undefined ? null : convert(max) }
  return { text: textOf(measure, written), measure, span, limits }
}

const SUBJECTS: Readonly<Record<Measure['kind'], string>> = {
  clientErrors: 'client errors',
  clientErrorShare: 'share of client errors',
  amplification: 'attempts for each request',
  retries: 'retries',
  queueRejections: 'requests without a place',
  fallbacks: 'fallbacks',
  limited: 'refused by limits',
  admitted: 'let pass',
  answers: 'answers',
  latency: 'latency',
  share: 'share of attempts',
  attempts: 'attempts',
  ejections: 'ejections',
  breakerOpens: 'breaker opens',
  breakerOpensBy: 'breaker opens by',
  breakerEndsAs: 'breaker ends'
}

function textOf(
  measure: Measure,
  { upstream, load, endpoint, from, to, min, max }: { readonly [K in keyof Written]?: Written[K] | undefined }
): string {
  const parts = [SUBJECTS[measure.kind]]
  if (measure.kind === 'latency') parts.push(`p${measure.percentile}`)
  if (measure.kind === 'answers') parts.push(...[measure.status, measure.code].filter((part) => part !== null).map(String))
  if ('policy' in measure && measure.policy !== null) parts.push(`by ${measure.policy}`)
  if (measure.kind === 'admitted' && measure.withinMs !== null) parts.push(`in any ${measure.withinMs} ms`)
  if (measure.kind === 'breakerEndsAs') parts.push(measure.phase)
  if (measure.kind.startsWith('breaker') && 'of' in measure) parts.push(`(${measure.of})`)
  if (upstream !== undefined) parts.push(`of ${upstream}`)
  if (load !== undefined) parts.push(`of ${load}`)
  if (endpoint !== undefined) parts.push(`of ${endpoint}`)
  if (from !== undefined) parts.push(`from ${from}`)
  if (to !== undefined) parts.push(`to ${to}`)
  if (min !== undefined) parts.push(`≥ ${min}`)
  if (max !== undefined) parts.push(`≤ ${max}`)
  return parts.join(' ')
}
