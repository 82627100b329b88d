import t from 'tap'
import { StoreUnavailable } from '../../src/plugin-api/index.ts'
import { leasedRule, question, SharedCount } from '../support/leases.ts'

t.test('a request that another limit refuses has used nothing of a lease', async (t) => {
  const rule = leasedRule('sliding-window')
  const { lease: _lease, ...plain } = leasedRule('sliding-window', { id: 'plain', limit: 3 })
  const shared = new SharedCount()
  const gateway = shared.gateway()
  for (let i = 0; i < 3; i++)
    t.match(await gateway.consume([question(rule), question(plain)]), [
      { allowed: true, remaining: 99 - i },
      { allowed: true, remaining: 2 - i }
    ])
  t.same(shared.takeAsked(), ['consume 10 1', 'consume 1', 'consume 1'], 'the lease serves its part')
  t.match(await gateway.consume([question(rule), question(plain)]), [
    { allowed: true, remaining: 97 },
    { allowed: false, remaining: 0 }
  ])
  t.match(gateway.consume([question(rule)]), [{ allowed: true, remaining: 96 }])
  await shared.wait(100)
  t.equal(shared.left(rule), 96)
})

t.test('nor has one whose lease would have to be refilled', async (t) => {
  const rule = leasedRule('sliding-window')
  const { lease: _lease, ...plain } = leasedRule('sliding-window', { id: 'plain', limit: 3 })
  const shared = new SharedCount()
  const gateway = shared.gateway()
  await gateway.consume([question(plain, 3)])
  t.match(await gateway.consume([question(rule), question(plain)]), [{ allowed: true, remaining: 100 }, { allowed: false }])
  t.equal(shared.left(rule), 100)
})

t.test('of two leased limits the one that is near its end is asked exactly, the other one in shares', async (t) => {
  const wide = leasedRule('sliding-window', { id: 'wide' })
  const tight = leasedRule('sliding-window', { id: 'tight', limit: 4 })
  const shared = new SharedCount()
  const gateway = shared.gateway()
  const told = async (): Promise<readonly boolean[]> => (await gateway.consume([question(wide), question(tight)])).map(({ allowed }) => allowed)
  for (let i = 0; i < 4; i++) t.same(await told(), [true, true])
  t.same(shared.takeAsked(), ['consume 10 10', 'consume 10 1', 'consume 1', 'consume 1', 'consume 1'])
  t.same(await told(), [true, false])
  await shared.wait(100)
  t.equal(shared.left(wide), 96)
})

t.test('of one limit that is asked about twice the second counts behind the first', async (t) => {
  const rule = leasedRule('sliding-window', { limit: 11 })
  const shared = new SharedCount()
  const gateway = shared.gateway()
  t.match(await gateway.consume([question(rule, 4), question(rule, 4)]), [{ allowed: true }, { allowed: true }])
  await shared.wait(100)
  t.equal(shared.left(rule), 3)
  t.match(await gateway.consume([question(rule, 2), question(rule, 2)]), [{ allowed: true }, { allowed: false }])
  t.equal(shared.left(rule), 3)
})

t.test('without the shared count a lease is used up, and then it is missed', async (t) => {
  const rule = leasedRule('gcra', { windowMs: 1e8 })
  const shared = new SharedCount()
  const gateway = shared.gateway()
  await gateway.consume([question(rule)])
  shared.failure = new StoreUnavailable('disconnected', 'gone')
  for (let i = 0; i < 8; i++) t.match(gateway.consume([question(rule)]), [{ allowed: true }])
  await t.rejects(Promise.resolve(gateway.consume([question(rule, 2)])), { message: 'gone' })
  t.match(gateway.consume([question(rule)]), [{ allowed: true }], 'what it had was put back')
  await t.rejects(Promise.resolve(gateway.consume([question(rule)])), { message: 'gone' })
  await shared.wait(100)
  shared.failure = null
  t.match(await gateway.consume([question(rule)]), [{ allowed: true }], 'and it is asked again')
  t.throws(() => gateway.consume([question(rule, -1)]), RangeError)
  t.throws(() => gateway.consume([question(rule, 0.5)]), RangeError)
})
