import t from 'tap'
import { briefOf, compileYaml, VALID } from './fixtures.ts'

t.test('what stands before a syntax error is still checked, what follows is not', (t) => {
  t.strictSame(briefOf('version: 1\nlimits: { url: 5 }\nadmin: {a: ${X}}\nupstream: {}\nroutes: {}\n'), ['2:16 bad-size limits.url', '3:13 syntax'])
  t.end()
})

t.test('independent syntax errors are reported together', (t) => {
  const issues = briefOf('version: 1\nadmin:\n\taddress: ":1"\nlimits: { url: 5KiB ]\n')
  t.ok(issues.length >= 2, issues.join())
  t.ok(
    issues.every((line) => line.includes('syntax')),
    issues.join()
  )
  t.end()
})

t.test('a placeholder in a flow map asks for quotes', (t) => {
  t.match(compileYaml('admin: {address: ${X}}').issues[0]?.hint, 'quote')
  t.end()
})

t.test('a byte order mark and CRLF do not move columns', (t) => {
  t.strictSame(briefOf(`\uFEFFversoin: 1\r\n${VALID.replaceAll('\n', '\r\n').replace('orders:', 'orders: 5 #')}`)[0], '1:1 unknown-key versoin')
  t.strictSame(briefOf('version: 1\r\nadmin: { address: x }\r\nroutes: []'), ['2:19 bad-address admin.address', '3:1 no-routes routes'])
  t.end()
})

t.test('bombs are refused', (t) => {
  t.match(briefOf(`a: ${'['.repeat(50_000)}`)[0], /syntax|too-large/)
  t.match(briefOf(`a: ${'['.repeat(200)}${']'.repeat(200)}`).join(), 'too-large')
  const bomb = [
    'a0: &a0 [x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 9 }, () => `*a${i}`).join(', ')}]`)
  ]
  t.match(briefOf(bomb.join('\n')).join(), 'too-large')
  t.end()
})
