import { test } from 'tap'
import type { LimitQuestion, LimitRule, LimitVerdict } from '../../src/plugin-api/limits/store.ts'
import { redisMissing, startRedis } from '../support/redis.ts'
import { connectedTo, redisPlan, ruleOf, type TestRedis } from '../support/redis-limits.ts'

const GATEWAYS = 8
const EACH = 50
const LIMIT = 100

const RULES: readonly LimitRule[] = [
  // Windows so long that nothing comes back meanwhile.
  ruleOf('gcra', { id: 'gcra', limit: LIMIT, windowMs: 86_400_000 }),
  ruleOf('sliding-window', { id: 'sliding', limit: LIMIT, windowMs: 86_400_000 }),
  ruleOf('fixed-window', { id: 'fixed', limit: LIMIT, windowMs: 86_400_000 }),
  ruleOf('fixed-window', { id: 'month', limit: LIMIT, windowMs: 86_400_000, calendar: 'month' })
]

void test('many gateways together admit exactly the limit', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const gateways = await Promise.all(Array.from({ length: GATEWAYS }, () => connectedTo(t, redisPlan(server.port))))

  for (const rule of RULES) {
    const verdicts = await storm(gateways, () => [{ rule, key: 'alice', cost: 1 }])
    t.equal(verdicts.filter(([verdict]) => verdict?.allowed).length, LIMIT, `${rule.id}: exactly the limit`)
    const before = await stateOf(server.admin, 'alice')
    await storm(gateways, () => [{ rule, key: 'alice', cost: 1 }])
    t.strictSame(await stateOf(server.admin, 'alice'), before, `${rule.id}: refused ones leave no trace`)
  }

  // Each of these asks all rules for a key of its own and one that is used up.
  const [used] = RULES as readonly [LimitRule]
  const both = await storm(gateways, (index) => [
    ...RULES.map((rule) => ({ rule, key: `own-${index % 3}`, cost: 1 })),
    { rule: used, key: 'alice', cost: 1 }
  ])
  t.notOk(both.some((verdicts) => verdicts.at(-1)?.allowed))
  t.ok(both.every((verdicts) => verdicts.slice(0, -1).every(({ allowed, remaining }) => allowed && remaining === LIMIT)))
  t.strictSame(await server.admin.keys('sallyport:{own-*'), [], 'what would have been admitted is not charged')

  const [first] = gateways as unknown as readonly [TestRedis]
  const fresh = { rule: used, key: 'bob', cost: 60 }
  const [one, two] = await first.limits.consume([fresh, { ...fresh, cost: 50 }])
  t.match([one, two], [{ allowed: true, remaining: LIMIT }, { allowed: false }], 'of one key the second counts behind the first')
})

/** All at once, over all connections. */
async function storm(
  gateways: readonly TestRedis[],
  questions: (index: number) => readonly LimitQuestion[]
): Promise<readonly (readonly LimitVerdict[])[]> {
  return Promise.all(Array.from({ length: GATEWAYS * EACH }, async (_, index) => gateways[index % GATEWAYS]?.limits.consume(questions(index)) ?? []))
}

async function stateOf(admin: TestRedis['client'], key: string): Promise<readonly unknown[]> {
  const names = (await admin.keys(`sallyport:{${key}}*`)).toSorted()
  return Promise.all(names.map((name) => admin.dump(name)))
}
