import { checkAscending, checkDurations } from './check-amounts.ts'
import { shortestLimit } from './check-limits.ts'
import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import { METHODS } from './methods.ts'
import { nearest } from './nearest.ts'
import { isMap, type JsonMap } from './prepare.ts'
import { listOf, mapOf, msOf, numberOf, shareOf } from './reading.ts'
import { OWN_FIELDS } from './schema-parts.ts'

/** Of the registered methods those that RFC 9110, section 9.2.2, and RFC 4918 do not call idempotent. */
const NOT_IDEMPOTENT: ReadonlySet<string> = new Set(['POST', 'PATCH', 'LOCK'])

/** The `retry`, `hedge`, `timeouts` and `websocket` of an upstream. */
export function checkRetry(upstream: JsonMap, path: Path, issues: IssueCollector): void {
  const timeouts = mapOf(upstream['timeouts'])
  checkDurations(timeouts, ['perTry', 'total', 'stream'], [...path, 'timeouts'], issues)
  checkDurations(mapOf(upstream['websocket']), ['idle', 'maxAge'], [...path, 'websocket'], issues)
  checkAscending(timeouts, ['perTry', 'total'], [...path, 'timeouts'], issues)
  checkDeadlineHeader(timeouts, [...path, 'timeouts'], issues)
  checkHedge(upstream['hedge'], timeouts, [...path, 'hedge'], issues)
  const { retry } = upstream
  if (!isMap(retry)) return
  const at = [...path, 'retry']
  for (const [index, method] of listOf(retry['methods']).entries()) checkMethod(method, [...at, 'methods', index], issues)
  checkCauses(retry, at, issues)
  checkBudget(retry, at, issues)
  checkAscending(mapOf(retry['backoff']), ['base', 'max'], [...at, 'backoff'], issues)
  checkDurations(mapOf(retry['backoff']), msOf(mapOf(retry['backoff'])['max']) === 0 ? [] : ['max'], [...at, 'backoff'], issues)
  checkRoom(retry, timeouts, path, issues)
}

function checkMethod(method: unknown, path: Path, issues: IssueCollector): void {
  if (typeof method !== 'string' || method === '') return
  const upper = method.toUpperCase()
  if (NOT_IDEMPOTENT.has(upper)) {
    issues.add(path, {
      severity: 'warning',
      code: 'unsafe-retry',
      message: `${upper} may do its work twice when it is sent again`,
      hint: 'idempotencyKey: true retries only requests that say they may be repeated'
    })
  } else if (!METHODS.has(upper) && upper !== 'TRACE') {
    const close = nearest(upper, [...METHODS])
    const hint = close === null ? undefined : `did you mean ${close}?`
    issues.add(path, { code: 'bad-method', message: 'unknown request method', got: method, hint })
  }
}

function checkCauses(retry: JsonMap, path: Path, issues: IssueCollector): void {
  const causes = listOf(retry['on'])
  for (const [index, cause] of causes.entries()) {
    const status = Number(cause)
    if (!(status >= 400 && status < 500) || status === 429) continue
    const message = `${status} says that the request is wrong: another try gets the same answer`
    issues.add([...path, 'on', index], { severity: 'warning', code: 'useless-retry', message })
  }
  if (causes.length > 0 || !Array.isArray(retry['on']) || numberOf(retry['attempts']) === 0) return
  const message = 'nothing is ever tried again'
  issues.add([...path, 'on'], { severity: 'warning', code: 'without-effect', message, hint: 'retry: false says so', focus: 'key' })
}

function checkBudget(retry: JsonMap, path: Path, issues: IssueCollector): void {
  const { budget } = retry
  const at = [...path, 'budget']
  if (!isMap(budget)) return
  checkDurations(budget, ['window'], at, issues)
  if (shareOf(budget['ratio']) !== 0 || budget['minPerSecond'] !== 0) return
  issues.add(at, {
    severity: 'warning',
    code: 'without-effect',
    message: 'this budget never allows a retry',
    hint: 'retry: false says so',
    focus: 'key'
  })
}

/** Only a try that used up its time is known to leave none. */
function checkRoom(retry: JsonMap, timeouts: Readonly<JsonMap>, path: Path, issues: IssueCollector): void {
  const [perTry, total] = [msOf(timeouts['perTry']), msOf(timeouts['total'])]
  if (perTry === null || total === null || perTry !== total || retry['attempts'] === 0 || !listOf(retry['on']).includes('timeout')) return
  issues.add([...path, 'timeouts', 'perTry'], {
    severity: 'warning',
    code: 'no-room-for-retry',
    message: 'a try that times out leaves no time for another one: perTry is as long as total',
    hint: 'make perTry shorter, or leave `timeout` out of retry.on'
  })
}

function checkDeadlineHeader(timeouts: Readonly<JsonMap>, path: Path, issues: IssueCollector): void {
  const name = String(timeouts['deadlineHeader']).toLowerCase()
  if (name !== 'host' && !OWN_FIELDS.has(name)) return
  issues.add([...path, 'deadlineHeader'], { code: 'bad-header-name', message: `the gateway sets ${name} itself` })
}

function checkHedge(hedge: unknown, timeouts: Readonly<JsonMap>, path: Path, issues: IssueCollector): void {
  const at = isMap(hedge) ? [...path, 'after'] : path
  const after = isMap(hedge) ? hedge['after'] : hedge
  const key = String(at.at(-1))
  checkDurations({ [key]: after }, [key], at.slice(0, -1), issues)
  const [afterMs, limit] = [msOf(after), shortestLimit(timeouts)]
  if (afterMs === null || limit === null || afterMs < limit.ms) return
  const message = `no request waits this long: timeouts.${limit.key} ends it before`
  issues.add(at, { severity: 'warning', code: 'without-effect', message })
}
