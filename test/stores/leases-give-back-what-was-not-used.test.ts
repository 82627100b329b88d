import t from 'tap'
import { leasedRule, question, SharedCount } from '../support/leases.ts'

t.test('what was not used is given back when the time of a lease is over', async (t) => {
  for (const algorithm of ['gcra', 'sliding-window', 'fixed-window'] as const) {
    const rule = leasedRule(algorithm, { windowMs: 1e8 })
    const shared = new SharedCount()
    const gateway = shared.gateway()
    await gateway.consume([question(rule, 3)])
    t.equal(shared.left(rule), 90, `${algorithm}: ten are taken`)
    await shared.wait(99)
    t.match(gateway.consume([question(rule)]), [{ allowed: true, remaining: 96 }], `${algorithm}: just before`)
    await shared.wait(1)
    t.equal(shared.left(rule), 96, `${algorithm}: six have come back`)
    t.same(shared.takeAsked(), ['consume 10', 'charge -6'])
    await shared.wait(1000)
    t.same(shared.takeAsked(), [], 'once')
  }
})

t.test('a lease that was used up has nothing to give back', async (t) => {
  const rule = leasedRule('gcra')
  const shared = new SharedCount()
  const gateway = shared.gateway()
  for (let i = 0; i < 10; i++) await gateway.consume([question(rule)])
  await shared.wait(1000)
  t.same(shared.takeAsked(), ['consume 10'])
})

t.test('an answer that comes when the lease is over gives everything back but what was asked for', async (t) => {
  const rule = leasedRule('sliding-window')
  const shared = new SharedCount()
  shared.delayMs = 200
  const gateway = shared.gateway()
  const answer = gateway.consume([question(rule)])
  await shared.wait(100)
  t.equal(shared.left(rule), 90)
  await shared.wait(100)
  t.match(await answer, [{ allowed: true }])
  t.same(shared.takeAsked(), ['consume 10', 'charge -9'])
  const next = gateway.consume([question(rule)])
  t.same(shared.takeAsked(), ['consume 1'], 'no second share before they have arrived')
  await shared.wait(200)
  t.match(await next, [{ allowed: true }])
  t.equal(shared.left(rule), 98)
})

t.test('a cost that is known afterwards is taken from the lease, and given back to the shared count', async (t) => {
  const rule = leasedRule('gcra', { windowMs: 1e8 })
  const shared = new SharedCount()
  const gateway = shared.gateway()
  await gateway.consume([question(rule)])
  await gateway.charge([question(rule, 5)])
  t.same(shared.takeAsked(), ['consume 10'])
  t.match(await gateway.peek([question(rule)]), [{ remaining: 94 }], 'what is left counts as left')
  shared.takeAsked()
  await gateway.charge([question(rule, 5)])
  await gateway.charge([question(rule, -2)])
  t.same(shared.takeAsked(), ['charge 5', 'charge -2'], 'more than it has, and less than nothing')
  await shared.wait(100)
  t.equal(shared.left(rule), 91)
})

t.test('leases are bounded, and who goes gives back', async (t) => {
  const rule = leasedRule('gcra', { windowMs: 1e8 })
  const shared = new SharedCount()
  const gateway = shared.gateway(2)
  for (const key of ['a', 'b', 'a', 'c']) await gateway.consume([question(rule, 1, key)])
  t.equal(gateway.keys, 2)
  t.same(shared.takeAsked(), ['consume 10', 'consume 10', 'charge -8', 'consume 10'])
  t.same([shared.left(rule, 'a'), shared.left(rule, 'b'), shared.left(rule, 'c')], [98, 90, 90])
})
