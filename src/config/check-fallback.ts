import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import { isMap, type JsonMap } from './prepare.ts'
import { listOf, mapOf } from './reading.ts'
import { OWN_FIELDS, TOKEN } from './schema-parts.ts'

/** A field-value of RFC 9110, section 5.5, that can be written as latin1. */
const FIELD_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/
/** RFC 9110, section 6.4.1. */
const WITHOUT_BODY: ReadonlySet<unknown> = new Set([204, 205, 304])

/** The `fallback` of an upstream; whether its upstream exists is a matter of references. */
export function checkFallback(upstream: JsonMap, path: Path, issues: IssueCollector): void {
  const { fallback, retry } = upstream
  if (!isMap(fallback)) return
  const at = [...path, 'fallback']
  if ((fallback['status'] === undefined) === (fallback['upstream'] === undefined)) {
    issues.add(at, { code: 'exactly-one', message: 'expected exactly one of status and upstream', focus: 'key' })
  }
  if (fallback['status'] === undefined && fallback['upstream'] !== undefined) checkUnused(fallback, at, issues)
  if (WITHOUT_BODY.has(fallback['status']) && fallback['body'] !== undefined) {
    issues.add([...at, 'body'], { code: 'bad-body', message: `an answer with status ${String(fallback['status'])} has no body`, focus: 'key' })
  }
  checkHeaders(mapOf(fallback['headers']), [...at, 'headers'], issues)
  const statuses = listOf(mapOf(retry)['on']).filter((cause) => Number.isInteger(Number(cause)))
  const index = listOf(fallback['on']).indexOf('status')
  if (index >= 0 && statuses.length === 0) {
    const message = '`status` means the statuses of retry.on, and there are none'
    issues.add([...at, 'on', index], { severity: 'warning', code: 'without-effect', message })
  }
}

function checkUnused(fallback: JsonMap, path: Path, issues: IssueCollector): void {
  const message = 'the answer comes from the other upstream'
  const unused = [...(fallback['body'] === undefined ? [] : ['body']), ...(Object.keys(mapOf(fallback['headers'])).length === 0 ? [] : ['headers'])]
  for (const key of unused) issues.add([...path, key], { severity: 'warning', code: 'without-effect', message, focus: 'key' })
}

function checkHeaders(headers: Readonly<JsonMap>, path: Path, issues: IssueCollector): void {
  const seen = new Set<string>()
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase()
    const at = [...path, name]
    if (!TOKEN.test(name)) issues.add(at, { code: 'bad-header-name', message: `"${name}" is not a header name`, focus: 'key' })
    else if (OWN_FIELDS.has(lower)) issues.add(at, { code: 'bad-header-name', message: `the gateway sets ${lower} itself`, focus: 'key' })
    else if (seen.has(lower)) issues.add(at, { code: 'duplicate-key', message: `the field ${lower} is already in the map`, focus: 'key' })
    seen.add(lower)
    if (typeof value !== 'string' || FIELD_VALUE.test(value)) continue
    issues.add(at, { code: 'bad-header-value', message: 'a header value has no line ends, control characters or characters outside Latin-1' })
  }
}
