import type { Report } from '../simulation/report.ts'
import { table } from './table.ts'

/** What a run has shown, for people. */
export function simulationText(report: Report, withTimeline: boolean): string {
  const parts = [
    `${report.scenario} (seed ${report.seed}, ${seconds(report.endedMs)})\n`,
    indent(clientLines(report)),
    indent(table(['endpoint', 'attempts', 'share'], report.endpoints.map(endpointRow))),
    indent(limitLines(report)),
    indent(extraLines(report)),
    indent(eventLines(report)),
    ...(withTimeline ? [indent(timeline(report))] : []),
    indent(verdictLines(report))
  ]
  return `${parts.filter((part) => part !== '').join('\n')}\n`
}

function clientLines({ requests, answers, codes, latencyMs }: Report): string {
  const rows = Object.entries(answers).map(([answer, count]) => [answer, String(count), percent(count / requests)])
  const { p50, p90, p99, max } = latencyMs
  const lines = [table(['answer', 'requests', 'share'], rows)]
  if (Object.keys(codes).length > 0) lines.push(`errors   ${listed(codes)}\n`)
  lines.push(`latency  p50 ${ms(p50)}  p90 ${ms(p90)}  p99 ${ms(p99)}  max ${ms(max)}\n`)
  return lines.join('')
}

function limitLines({ limits }: Report): string {
  if (limits.length === 0) return ''
  const rows = limits.map(({ policy, allowed, refused, dryRunRefused, storeErrors }) =>
    [policy, allowed, refused, dryRunRefused, storeErrors].map(String)
  )
  const head = ['limit', 'let pass', 'refused', 'refused (dry run)', 'without redis']
  const isUsed = head.map((_name, column) => column < 3 || rows.some((row) => row[column] !== '0'))
  const shown = (row: readonly string[]): readonly string[] => row.filter((_text, column) => isUsed[column])
  return table(shown(head), rows.map(shown))
}

function endpointRow({ endpoint, attempts, share }: Report['endpoints'][number]): readonly string[] {
  return [endpoint, String(attempts), percent(share)]
}

function extraLines({ attempts, amplification, retries, retriesRefused, breakerRejections, queueRejections, fallbacks }: Report): string {
  const lines = [`attempts ${attempts}, ${amplification} for each request`]
  if (Object.keys(retries).length > 0) lines.push(`retries  ${listed(retries)}`)
  if (Object.keys(retriesRefused).length > 0) lines.push(`refused  ${listed(retriesRefused)}`)
  if (breakerRejections > 0) lines.push(`breaker  ${breakerRejections} rejected`)
  if (queueRejections > 0) lines.push(`bulkhead ${queueRejections} rejected`)
  if (Object.keys(fallbacks).length > 0) lines.push(`fallback ${listed(fallbacks)}`)
  return `${lines.join('\n')}\n`
}

/** More lines of what happened than this are of no use to a reader. */
const MAX_EVENTS = 40

function eventLines({ breakers, health }: Report): string {
  const events = [
    ...breakers.map(({ of, atMs, to, reason, openMs }) => ({
      atMs,
      text: `breaker of ${of}: ${to} (${reason}${openMs === null ? '' : `, for ${seconds(openMs)}`})`
    })),
    ...health.map(({ upstream, atMs, kind, endpoint, detail }) => ({
      atMs,
      text: `${endpoint ?? upstream}: ${kind}${detail === '' ? '' : ` (${detail})`}`
    }))
  ].sort((a, b) => a.atMs - b.atMs)
  const lines = events.slice(0, MAX_EVENTS).map(({ atMs, text }) => `${seconds(atMs).padStart(8)}  ${text}`)
  if (events.length > MAX_EVENTS) lines.push(`… and ${events.length - MAX_EVENTS} more`)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function timeline({ seconds: all, endpoints, breakers, limits }: Report): string {
  const isLimited = limits.length > 0
  const names = endpoints.map(({ endpoint }) => endpoint)
  const head = [
    'second',
    'requests',
    'errors',
    ...(isLimited ? ['limited'] : []),
    'p50',
    'p99',
    ...names,
    ...(breakers.length > 0 ? ['breaker'] : [])
  ]
  const rows = all.map(({ second, requests, errors, limited, p50, p99, attempts }) => {
    const last = breakers.findLast(({ atMs }) => atMs < (second + 1) * 1000)
    return [
      second,
      requests,
      errors,
      ...(isLimited ? [limited] : []),
      ms(p50),
      ms(p99),
      ...names.map((name) => attempts[name] ?? 0),
      last?.to ?? 'closed'
    ].map(String)
  })
  return table(head, breakers.length > 0 ? rows : rows.map((row) => row.slice(0, -1)))
}

function verdictLines({ expectations, defects }: Report): string {
  const lines = expectations.map(({ text, ok, measured }) => `${ok ? '✓' : '✗'} ${text}: ${measured ?? 'nothing to measure'}`)
  for (const defect of defects) lines.push(`✗ defect of the gateway: ${defect}`)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`
}

function ms(value: number | null): string {
  return value === null ? '-' : `${value < 100 ? value.toFixed(1) : Math.round(value)}ms`
}
