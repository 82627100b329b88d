import t from 'tap'
import { leasedRule, question, SharedCount } from '../support/leases.ts'

t.test('a share is taken with the first request and the next ones are decided at once', async (t) => {
  const rule = leasedRule('sliding-window')
  const shared = new SharedCount()
  const gateway = shared.gateway()
  const [first] = await gateway.consume([question(rule)])
  t.match(first, { allowed: true, remaining: 99, resetMs: 10_000, retryAfterMs: 0 })
  shared.clock.advance(40)
  for (let i = 1; i < 10; i++) {
    const answer = gateway.consume([question(rule)])
    t.ok(Array.isArray(answer), 'without a promise')
    t.match(answer, [{ allowed: true, remaining: 99 - i, resetMs: 9960, retryAfterMs: 0 }])
  }
  t.same(shared.takeAsked(), ['consume 10'])
  await gateway.consume([question(rule)])
  t.same(shared.takeAsked(), ['consume 10'], 'and the next share after that')
})

t.test('what is left of a share is used before more is taken', async (t) => {
  const rule = leasedRule('gcra')
  const shared = new SharedCount()
  const gateway = shared.gateway()
  await gateway.consume([question(rule, 4)])
  await gateway.consume([question(rule, 4)])
  await gateway.consume([question(rule, 4)])
  t.same(shared.takeAsked(), ['consume 10', 'consume 10'])
  t.equal(shared.left(rule), 80)
  await gateway.consume([question(rule, 8)])
  t.same(shared.takeAsked(), [], 'twelve were used of twenty')
  await gateway.consume([question(rule, 10)])
  t.same(shared.takeAsked(), ['consume 10'], 'a request as large as a share takes nothing for others')
})

t.test('near its end a limit is exact', async (t) => {
  const rule = leasedRule('sliding-window', { limit: 25 })
  const shared = new SharedCount()
  const gateways = [shared.gateway(), shared.gateway(), shared.gateway()]
  let admitted = 0
  for (let i = 0; i < 60; i++) {
    const [verdict] = (await gateways[i % 3]?.consume([question(rule)])) ?? []
    admitted += verdict?.allowed === true ? 1 : 0
  }
  t.equal(admitted, 25)
  t.same(shared.takeAsked().slice(0, 4), ['consume 10', 'consume 10', 'consume 10', 'consume 1'], 'one question is asked in vain')
})

t.test('shares are taken again when there is room again', async (t) => {
  const rule = leasedRule('gcra', { limit: 100, burst: 20, windowMs: 1000 })
  const shared = new SharedCount()
  const gateway = shared.gateway()
  for (let i = 0; i < 20; i++) await gateway.consume([question(rule)])
  t.same(shared.takeAsked(), ['consume 10', 'consume 10'])
  await shared.wait(120)
  await gateway.consume([question(rule)])
  t.same(shared.takeAsked(), ['consume 1'], 'one by one')
  await gateway.consume([question(rule)])
  t.same(shared.takeAsked(), ['consume 10'])
})

t.test('one refill is on its way for a key, and others wait for it in their order', async (t) => {
  const rule = leasedRule('gcra')
  const shared = new SharedCount()
  shared.delayMs = 4
  const gateway = shared.gateway()
  const order: number[] = []
  const all = Array.from({ length: 25 }, async (_, index) => {
    const [verdict] = await gateway.consume([question(rule)])
    order.push(index)
    return verdict?.allowed
  })
  t.same(shared.takeAsked(), ['consume 10'])
  await shared.wait(4)
  t.same(
    order.toSorted((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  )
  t.same(
    order.filter((index) => index > 0),
    [1, 2, 3, 4, 5, 6, 7, 8, 9]
  )
  t.same(shared.takeAsked(), ['consume 10'], 'the eleventh takes the next share')
  await shared.wait(4)
  t.equal(order.length, 20)
  // Who has waited for two refills asks for itself, but one of them for all who come after.
  t.same(shared.takeAsked(), ['consume 10', 'consume 1', 'consume 1', 'consume 1', 'consume 1'])
  await shared.wait(4)
  t.same(
    await Promise.all(all),
    Array.from({ length: 25 }, () => true)
  )
})

t.test('rules without a lease are asked about as before', async (t) => {
  const { lease: _lease, ...rule } = leasedRule('gcra')
  const shared = new SharedCount()
  const gateway = shared.gateway()
  for (let i = 0; i < 3; i++) await gateway.consume([question(rule)])
  await gateway.charge([question(rule, 2)])
  t.same(shared.takeAsked(), ['consume 1', 'consume 1', 'consume 1', 'charge 2'])
  t.equal(gateway.keys, 0)
})
