import { fieldValue, type CheckContext, type CheckIssue } from '../../src/plugin-api/index.ts'
import { parseTemplate } from './template.ts'

export interface Edits {
  readonly set: Readonly<Record<string, string>>
  readonly add: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Framing and connection fields (RFC 9110 section 7.6.1, RFC 9112 section 6) and the routing field: the gateway's own. */
const FORBIDDEN = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'host',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'expect'
])

type Path = readonly (string | number)[]

export function editIssues(edits: Edits, path: Path, context: CheckContext): CheckIssue[] {
  const seen = (['set', 'add'] as const).flatMap((kind) =>
    Object.entries(edits[kind]).flatMap(([name, value]) => [
      ...nameIssues(name, [...path, kind, name]),
      ...valueIssues(value, [...path, kind, name], context)
    ])
  )
  return [...seen, ...edits.remove.flatMap((name, index) => nameIssues(name, [...path, 'remove', index]))]
}

function nameIssues(name: string, path: Path): CheckIssue[] {
  if (!TOKEN.test(name)) return [{ severity: 'error', path, message: `${JSON.stringify(name)} is no field name` }]
  if (!FORBIDDEN.has(name.toLowerCase())) return []
  const hint = name.toLowerCase() === 'host' ? "use the upstream's hostHeader" : 'the gateway sets it by itself'
  return [{ severity: 'error', path, message: `${name} must not be changed`, hint }]
}

function valueIssues(value: string, path: Path, context: CheckContext): CheckIssue[] {
  // A line break would end the field. Compared with what would be sent, so that nothing is changed silently.
  if (fieldValue(value) !== value.trim()) {
    return [{ severity: 'error', path, message: 'the value holds line breaks or characters that a header field cannot carry' }]
  }
  const parsed = parseTemplate(value)
  if (parsed.kind === 'bad') return [{ severity: 'error', path, message: parsed.message, ...(parsed.hint !== undefined && { hint: parsed.hint }) }]
  const { route } = context
  return parsed.params
    .filter((name) => route === null || !route.params.includes(name))
    .map((name) =>
      route === null
        ? { severity: 'warning', path, message: `{param.${name}} is empty on every route without that parameter` }
        : {
            severity: 'error',
            path,
            message: `the route ${route.name} has no parameter ${name}`,
            hint: `parameters: ${route.params.join(', ') || 'none'}`
          }
    )
}
