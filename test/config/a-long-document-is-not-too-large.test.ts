import t from 'tap'
import { briefOf, compileYaml, withTop } from './fixtures.ts'

t.test('what is written may be long, what aliases make of it may not', (t) => {
  const modules = new Map([['fastify x', { kind: 'fastify', plugin: async () => {}, identity: 'x' } as const]])
  const numbers = Array.from({ length: 10_001 }, () => '  - [1,1,1,1,1,1,1,1,1]').join('\n')
  const long = compileYaml(withTop(`plugins:\n x:\n  fastify: x\n  options:\n   list:\n${numbers.replaceAll(/^/gm, '  ')}`), { modules })
  t.strictSame(long.issues, [])
  t.ok(long.ok)

  const bomb = `a: &a [${'x,'.repeat(20)}]\nb: &b [${'*a,'.repeat(20)}]\nc: &c [${'*b,'.repeat(20)}]\nd: &d [${'*c,'.repeat(20)}]\n`
  t.ok(briefOf(`version: 1\n${bomb}`).some((line) => line.includes('too-large')))
  t.end()
})
