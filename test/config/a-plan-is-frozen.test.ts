import t from 'tap'
import { planOf, withTop } from './fixtures.ts'

t.test('everything reachable from a plan is frozen, but for the code of plugins', (t) => {
  const plan = planOf(withTop('plugins: { jwt: { secret: abc } }\nproviders: { a: { secret: abc } }'))
  const open: string[] = []
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    if (!Object.isFrozen(value)) open.push(path)
    for (const [key, inner] of Object.entries(value)) if (key !== 'definition') walk(inner, `${path}.${key}`)
  }
  walk(plan, 'plan')
  t.strictSame(open, [])
  t.ok(plan.upstreams[0]?.retry.methods instanceof Set, 'sets are in it')
  t.end()
})
