import t from 'tap'
import { arrangeIssues, formatIssue, formatPath, hasErrors, issuesToJson, type Issue } from '../../src/config/issue.ts'
import { compileYaml, withTop } from './fixtures.ts'

const issue: Issue = { severity: 'error', file: 'g.yaml', line: 3, column: 5, path: 'a[0].b', code: 'x', message: 'wrong', hint: 'right' }

t.test('as a line', (t) => {
  t.equal(formatIssue(issue), 'g.yaml:3:5: error: a[0].b: wrong (right)')
  const { hint: _, ...plain } = issue
  t.equal(formatIssue({ ...plain, path: '', severity: 'warning' }), 'g.yaml:3:5: warning: wrong')
  t.end()
})

t.test('as JSON', (t) => {
  t.strictSame(JSON.parse(issuesToJson([issue])), [issue])
  t.end()
})

t.test('paths', (t) => {
  t.equal(formatPath(['routes', 2, 'match', 'headers', 'x-a']), 'routes[2].match.headers.x-a')
  t.equal(formatPath(['a', 'b.c']), 'a["b.c"]')
  t.equal(formatPath([]), '')
  t.end()
})

t.test('at most a hundred, errors first, the rest as a number', (t) => {
  const many = [
    ...Array.from({ length: 90 }, (_, i): Issue => ({ ...issue, severity: 'warning', line: i })),
    ...Array.from({ length: 50 }, () => issue)
  ]
  const kept = arrangeIssues(many)
  t.equal(kept.length, 101)
  t.equal(kept.filter(({ severity, code }) => severity === 'error' && code === 'x').length, 50)
  t.match(kept.at(-1), { code: 'too-many-problems', message: 'and 40 more problems' })
  t.ok(hasErrors(kept))
  t.end()
})

t.test('messages in the words of the operator', (t) => {
  const first = (text: string): string => formatIssue(compileYaml(withTop(text)).issues[0] as Issue)
  t.equal(
    first('shutdown: { delay: 10 }'),
    'gateway.yaml:2:20: error: shutdown.delay: expected a duration such as 250ms, 10s, 5m (10 has no unit; write "10s", "10ms")'
  )
  t.equal(first('limits: { url: 8kb }'), 'gateway.yaml:2:16: error: limits.url: expected a size such as 512B, 16KiB, 10MiB, got "8kb"')
  t.equal(
    first('telemetry: { log: { level: inof } }'),
    'gateway.yaml:2:28: error: telemetry.log.level: expected debug, info, warn, error or silent, got "inof" (did you mean "info"?)'
  )
  t.equal(first('client_timeouts: {}'), 'gateway.yaml:2:1: error: client_timeouts: unknown key "client_timeouts" (did you mean "clientTimeouts"?)')
  t.equal(
    first('plugins: { rate-limit: {} }'),
    'gateway.yaml:2:12: error: plugins.rate-limit: unknown plugin "rate-limit" (a name of your own needs `use` or `fastify`; built-in plugins: jwt, limit, edge-a, edge-b, global-only, stacking)'
  )
  t.end()
})
