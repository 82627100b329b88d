import { durationMs, type CheckIssue } from '../../src/plugin-api/index.ts'
import { KINDS } from './compile-rule.ts'
import type { AuthorizeConfig, OpaConfig, Rule } from './schema.ts'

/** What the schema cannot say. */
export function checkConfig(config: AuthorizeConfig): readonly CheckIssue[] {
  const { opa, methods } = config
  const issues = opa === undefined ? [] : checkOpa(opa)
  if (opa !== undefined || hasCondition(config)) return issues
  const listed = Object.keys(methods)
  const open = listed.length === 0 ? 'there is no condition' : `methods other than ${listed.join(', ')} have no condition`
  return [...issues, { severity: 'warning', path: listed.length === 0 ? [] : ['methods'], message: `${open}: every authenticated caller passes` }]
}

const hasCondition = (rule: Rule): boolean => KINDS.some((kind) => rule[kind] !== undefined)

function checkOpa({ url, timeout }: OpaConfig): readonly CheckIssue[] {
  const issues: CheckIssue[] = []
  const error = (key: string, message: string, hint: string): void => {
    issues.push({ severity: 'error', path: ['opa', key], message, hint })
  }
  const parsed = URL.parse(url)
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    error('url', 'this is not an http or https url', 'write http://127.0.0.1:8181/v1/data/shop/allow')
  } else if (parsed.username !== '' || parsed.password !== '') {
    error('url', 'the url has a user name or a password, which would not be sent', 'keep OPA where only the gateway reaches it')
  }
  if (durationMs(timeout) === 0) error('timeout', 'no answer can arrive within 0 ms', 'write 1s')
  return issues
}
