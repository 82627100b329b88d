import t from 'tap'
import { planOf, withRoute, withTop } from './fixtures.ts'

const replaceOf = (text: string, env: Record<string, string>, files: Record<string, string> = {}): unknown => {
  const [route] = planOf(withRoute(`    rewrite: { regex: { match: x, replace: ${text} } }`), { env, files }).routes
  return route?.rewrite?.kind === 'regex' ? route.rewrite.replacement : null
}

t.test('a variable, alone and inside a longer text', (t) => {
  t.equal(replaceOf('"${A}"', { A: 'x' }), 'x')
  t.equal(replaceOf('"/${A}/${B}!"', { A: 'x', B: 'y' }), '/x/y!')
  t.equal(replaceOf('"${A}"', { A: '' }), '', 'an empty variable is set')
  t.end()
})

t.test('a default stands in for a variable that is missing or empty', (t) => {
  t.equal(replaceOf('"${A:-d}"', {}), 'd')
  t.equal(replaceOf('"${A:-d}"', { A: '' }), 'd')
  t.equal(replaceOf('"${A:-d}"', { A: 'x' }), 'x')
  t.equal(replaceOf('"${A:-}"', {}), '')
  t.equal(replaceOf('"${A:-http://x:1/}"', {}), 'http://x:1/')
  t.end()
})

t.test('a file gives its text without the line end', (t) => {
  t.equal(replaceOf('"${file:a.txt}"', {}, { 'a.txt': 'x\ny\n' }), 'x\ny')
  t.equal(replaceOf('"${file:/run/a}"', {}, { '/run/a': 'x\r\n' }), 'x')
  t.end()
})

t.test('an escape is a literal', (t) => {
  t.equal(replaceOf('"$${A}"', { A: 'x' }), '${A}')
  t.equal(replaceOf('"$$${A}"', { A: 'x' }), '$${A}')
  t.equal(replaceOf('"$1 $$ $"', {}), '$1 $$ $')
  t.end()
})

t.test('a filled text is not read again, neither as YAML nor for placeholders', (t) => {
  t.equal(replaceOf('"${A}"', { A: '{a: [b]} # ${B}' }), '{a: [b]} # ${B}')
  t.equal(replaceOf('"${A}"', { A: 'true' }), 'true', 'a text stays a text')
  t.equal(replaceOf('"${A}"', { A: '5' }), '5')
  t.end()
})

t.test('a key is left alone', (t) => {
  const plan = planOf(withRoute('    match: { path: /x, query: { "${A}": a } }').replace('    match: { path: /orders }\n', ''), { env: { A: 'x' } })
  t.equal(plan.routes[0]?.match.query[0]?.name, '${A}')
  t.end()
})

t.test('one whole placeholder becomes a number or boolean where the schema wants one', (t) => {
  const text = 'limits: { headerCount: "${N}" }\ntelemetry: { log: { access: "${B:-false}" } }\nadmin: ${ADMIN}'
  const plan = planOf(withTop(text), { env: { N: '50', ADMIN: 'false' } })
  t.equal(plan.limits.maxHeaderCount, 50)
  t.equal(plan.log.access, false)
  t.equal(plan.admin, null)
  t.end()
})
