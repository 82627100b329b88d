// What the gateway wants to reach, as far as one run can tell.
import { figureOf } from './summary.ts'
import type { CaseReport, Report } from './types.ts'

export interface Goal {
  readonly what: string
  /** At most, or at least. */
  readonly limit: number
  readonly isAtLeast: boolean
  /** Null when the run did not have what it takes. */
  readonly figure: number | null
  readonly holds: boolean | null
}

export function goalsOf({ cases }: Report): readonly Goal[] {
  const item = (name: string): CaseReport | undefined => cases.find((one) => one.name === name)
  const cpu = (name: string, contestant: string, of: string): number | null => figureOf(item(name), contestant, { key: 'cpuUs', of })
  const [few, many] = ['routes-10', 'routes-5000'].map((name) => figureOf(item(name), 'sallyport', { key: 'cpuUs' }))
  return [
    atMost('small GET: CPU of the bare gateway, of the floor', 1.35, cpu('get', 'sallyport', 'floor')),
    atLeast('small GET: throughput, of a default @fastify/http-proxy', 1.6, throughput(item('get'), 'sallyport', 'default-http-proxy')),
    atMost('small GET: CPU of the bare gateway, of Caddy', 1, cpu('get', 'sallyport', 'caddy')),
    atMost('small GET: CPU of the standard chain, of the floor', 1.7, cpu('get', 'sallyport-standard', 'floor')),
    atMost('small GET: CPU of the standard chain, of a default @fastify/http-proxy', 1, cpu('get', 'sallyport-standard', 'default-http-proxy')),
    atMost('small GET: p99 that is added at half load, ms', 2, figureOf(item('get'), 'sallyport', { key: 'addedP99' })),
    atMost('1 MB answers: CPU, of nginx', 1.5, cpu('get-1m', 'sallyport', 'nginx')),
    atMost(
      'small GET: CPU with 5,000 routes, of that with 10',
      1.05,
      few === undefined || many === undefined || few === null || many === null ? null : many / few
    )
  ]
}

/** By the driver that keeps the contestant's core busier: the other one was the bottleneck. */
function throughput(item: CaseReport | undefined, contestant: string, of: string): number | null {
  const busy = figureOf(item, contestant, { key: 'busy' }) ?? 0
  const wrkBusy = figureOf(item, contestant, { key: 'wrkBusy' }) ?? 0
  return figureOf(item, contestant, { key: wrkBusy > busy ? 'wrkRate' : 'rate', of })
}

const atMost = (what: string, limit: number, figure: number | null): Goal => goal(what, limit, false, figure)
const atLeast = (what: string, limit: number, figure: number | null): Goal => goal(what, limit, true, figure)

function goal(what: string, limit: number, isAtLeast: boolean, figure: number | null): Goal {
  return { what, limit, isAtLeast, figure, holds: figure === null ? null : isAtLeast ? figure >= limit : figure <= limit }
}
