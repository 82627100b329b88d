import t from 'tap'
import type { LimitVerdict } from '../../src/plugin-api/index.ts'
import { leasedRule, question, SharedCount } from '../support/leases.ts'

t.test('a key that is refused is not asked about again before it could be admitted, nor for longer than a lease', async (t) => {
  const rule = leasedRule('gcra', { limit: 20, windowMs: 1000 })
  const shared = new SharedCount()
  const gateway = shared.gateway()
  for (let i = 0; i < 20; i++) await gateway.consume([question(rule)])
  t.match(await gateway.consume([question(rule)]), [{ allowed: false, retryAfterMs: 50 }])
  shared.takeAsked()
  shared.clock.advance(20)
  t.match(gateway.consume([question(rule)]), [{ allowed: false, remaining: 0, retryAfterMs: 30, resetMs: 980 }], 'at once')
  t.same(shared.takeAsked(), [])
  shared.clock.advance(30)
  t.match(await gateway.consume([question(rule)]), [{ allowed: true }], 'asked, and admitted')

  await t.test('a long refusal is looked at again', async (t) => {
    const long = leasedRule('fixed-window', { id: 'long', limit: 1 })
    await gateway.consume([question(long)])
    t.match(await gateway.consume([question(long)]), [{ allowed: false, retryAfterMs: 10_000 }])
    shared.takeAsked()
    shared.clock.advance(99)
    for (let i = 0; i < 100; i++) void gateway.consume([question(long)])
    t.same(shared.takeAsked(), [])
    shared.clock.advance(1)
    t.match(await gateway.consume([question(long)]), [{ allowed: false }])
    t.same(shared.takeAsked(), ['consume 1'])
  })
})

t.test('it is remembered for those who ask the same', async (t) => {
  const rule = leasedRule('sliding-window', { limit: 20 })
  const other = leasedRule('sliding-window', { id: 'other' })
  const shared = new SharedCount()
  const gateway = shared.gateway()
  await gateway.consume([question(rule, 18)])
  t.match(await gateway.consume([question(rule, 5)]), [{ allowed: false, remaining: 2 }])
  const ask = async (...asked: readonly ReturnType<typeof question>[]): Promise<readonly boolean[]> => {
    const verdicts: readonly LimitVerdict[] = await gateway.consume(asked)
    return verdicts.map(({ allowed }) => allowed)
  }
  shared.takeAsked()
  t.same(await ask(question(rule, 6)), [false])
  t.same(shared.takeAsked(), [], 'more than that')
  t.same(await ask(question(rule, 1)), [true], 'less than that')
  t.same(await ask(question(rule, 5, 'somebody else')), [true])
  t.same(await ask(question({ ...rule, limit: 50 }, 5)), [true], 'a limit that was raised')

  await t.test('together with the other limits of the request', async (t) => {
    t.same(await ask(question(other), question(rule, 5)), [true, false])
    shared.takeAsked()
    t.same(await ask(question(other), question(rule, 5)), [true, false])
    t.same(shared.takeAsked(), [])
    t.same(await ask(question(other)), [true], 'which do not suffer by it')
  })
})

t.test('it is forgotten when something is given back here', async (t) => {
  const rule = leasedRule('sliding-window', { limit: 5 })
  const shared = new SharedCount()
  const gateway = shared.gateway()
  await gateway.consume([question(rule, 5)])
  t.match(await gateway.consume([question(rule)]), [{ allowed: false }])
  await gateway.charge([question(rule, -2)])
  t.match(await gateway.consume([question(rule)]), [{ allowed: true }])
})
