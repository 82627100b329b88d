import { durationMs, sizeBytes } from '../plugin-api/units.ts'
import type { BudgetRule, RetryRule } from '../policy/retry/types.ts'
import type { FallbackPlan, TimeoutsPlan, UpstreamPlan } from './plan.ts'
import { unlessOff } from './compile-limits.ts'
import { ratioOf } from './ratio.ts'
import type { UpstreamDocument } from './schema-document.ts'

/**
 * `retry: false`. Its budget is the default one: hedges are paid out of it too. Methods and body count all the same for the free
 * retry on a kept-alive connection that had died.
 */
const NO_RETRY: RetryRule = {
  attempts: 0,
  onConnectFailure: false,
  onReset: false,
  onTimeout: false,
  onStatus: new Set(),
  methods: new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']),
  idempotencyHeader: null,
  backoffBaseMs: 0,
  backoffMaxMs: 0,
  budget: compileBudget('20%'),
  maxBodyBytes: 64 * 1024
}

export function compileRetry(retry: UpstreamDocument['retry']): RetryRule {
  if (retry === false) return NO_RETRY
  const { attempts, on, methods, idempotencyKey, backoff, budget, maxBody } = retry
  return {
    attempts,
    onConnectFailure: on.includes('connect-failure'),
    onReset: on.includes('reset'),
    onTimeout: on.includes('timeout'),
    onStatus: new Set(on.map(Number).filter(Number.isInteger)),
    methods: new Set(methods.map((method) => method.toUpperCase())),
    idempotencyHeader: idempotencyHeader(idempotencyKey),
    backoffBaseMs: durationMs(backoff.base),
    backoffMaxMs: durationMs(backoff.max),
    budget: compileBudget(budget),
    maxBodyBytes: sizeBytes(maxBody)
  }
}

function idempotencyHeader(key: boolean | string): string | null {
  if (key === false) return null
  return key === true ? 'idempotency-key' : key.toLowerCase()
}

function compileBudget(budget: Exclude<UpstreamDocument['retry'], false>['budget']): BudgetRule {
  const { ratio, minPerSecond, window } = typeof budget === 'object' ? budget : { ratio: budget, minPerSecond: 3, window: '10s' }
  return { ratio: ratioOf(ratio), minPerSecond, windowMs: durationMs(window) }
}

export function compileHedge(hedge: UpstreamDocument['hedge']): UpstreamPlan['hedge'] {
  if (hedge === undefined) return null
  return { afterMs: durationMs(typeof hedge === 'string' ? hedge : hedge.after) }
}

export function compileFallback(fallback: UpstreamDocument['fallback']): FallbackPlan | null {
  if (fallback === undefined) return null
  const { on, status, upstream, body, headers } = fallback
  if (upstream !== undefined) return { on: new Set(on), answer: { kind: 'upstream', upstream } }
  if (status === undefined) throw new TypeError('the fallback was not validated')
  const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  const typed = body === undefined || given.some(([name]) => name === 'content-type')
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
  const fields = typed ? given : [['content-type', type] as const, ...given]
  return { on: new Set(on), answer: { kind: 'static', status, headers: fields, body: bodyText(body) } }
}

function bodyText(body: unknown): string {
  if (body === undefined) return ''
  return typeof body === 'string' ? body : JSON.stringify(body)
}

export function compileTimeouts(timeouts: UpstreamDocument['timeouts']): TimeoutsPlan {
  const { connect, response, perTry, total, idle, stream, deadlineHeader } = timeouts
  return {
    connectMs: durationMs(connect),
    responseMs: durationMs(response),
    perTryMs: perTry === undefined ? null : durationMs(perTry),
    totalMs: total === undefined ? null : durationMs(total),
    idleMs: durationMs(idle),
    streamMs: unlessOff(stream, durationMs),
    deadlineHeader: deadlineHeader?.toLowerCase() ?? null
  }
}
