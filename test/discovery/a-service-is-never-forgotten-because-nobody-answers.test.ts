import t from 'tap'
import type { DiscoveryEvent } from '../../src/discovery/events.ts'
import { ServiceWatch } from '../../src/discovery/service-watch.ts'
import type { Instance } from '../../src/discovery/types.ts'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { instance, ScriptedSource } from '../support/registry.ts'

const RULE = { emptyGraceMs: 30_000, massRemovalRatio: 0.5, confirmMs: 1000 }

function follow(known: readonly Instance[] | null = null) {
  const source = new ScriptedSource()
  const clock = new FakeClock()
  const events: DiscoveryEvent[] = []
  const saved: (readonly Instance[])[] = []
  const watch = new ServiceWatch({
    name: { provider: 'consul', service: 'orders' },
    rule: RULE,
    clock,
    known: known === null ? null : { instances: known, atMs: 1_000_000 },
    start: source.start,
    onEvent: (event) => events.push(event),
    onInstances: (instances) => saved.push(instances)
  })
  return { source, clock, events, saved, watch, kinds: () => events.map(({ kind }) => kind) }
}

t.test('a failure leaves everything as it was and is told once', (t) => {
  const { source, watch, clock, events } = follow()
  source.answer([instance(1), instance(2)])
  const before = watch.instances
  for (let i = 0; i < 5; i++) {
    clock.advance(3_600_000)
    source.fail('refused')
  }
  t.equal(watch.instances, before)
  t.match(watch.status, { isKnown: true, lastError: 'refused' })
  t.equal(watch.status.failingSinceMs, clock.wall() - 4 * 3_600_000)
  source.fail('timed out')
  source.answer([instance(1), instance(2)])
  t.match(events, [
    { kind: 'changed', added: ['http://127.0.0.1:1', 'http://127.0.0.1:2'], removed: [], total: 2 },
    { kind: 'failing', reason: 'refused' },
    { kind: 'failing', reason: 'timed out' },
    { kind: 'recovered', afterMs: 4 * 3_600_000 }
  ])
  t.match(watch.status, { failingSinceMs: null, lastError: null, lastAnswerMs: clock.wall() })
  t.end()
})

t.test('subscribers hear of changes, and of nothing else', (t) => {
  const { source, watch } = follow()
  let heard = 0
  const end = watch.subscribe(() => heard++)
  source.answer([instance(1)])
  source.answer([instance(1)])
  source.fail('refused')
  t.equal(heard, 1)
  source.answer([instance(1, { weight: 2 })])
  t.equal(heard, 2)
  end()
  source.answer([])
  t.equal(heard, 2)
  t.end()
})

t.test('what is held is asked for again when it is due', (t) => {
  const { source, watch, clock, kinds } = follow()
  source.answer([instance(1), instance(2), instance(3)])
  source.answer([instance(1)])
  t.equal(watch.instances.length, 3)
  t.strictSame(kinds(), ['changed', 'held'])
  clock.advance(999)
  t.equal(source.refreshes, 0)
  clock.advance(1)
  t.equal(source.refreshes, 1)
  source.answer([instance(1)])
  t.equal(watch.instances.length, 1)
  clock.advance(100_000)
  t.equal(source.refreshes, 1, 'and not again')
  t.end()
})

t.test('an empty answer that nobody can confirm is never believed', (t) => {
  const { source, watch, clock } = follow()
  source.answer([instance(1)])
  source.answer([])
  clock.advance(30_000)
  t.equal(source.refreshes, 1)
  source.fail('refused')
  clock.advance(86_400_000)
  t.equal(watch.instances.length, 1)
  source.answer([])
  t.equal(watch.instances.length, 0)
  t.end()
})

t.test('a list from before is used until the first answer', async (t) => {
  const { source, watch, events, clock } = follow([instance(1), instance(2)])
  t.equal(watch.instances.length, 2)
  t.equal(watch.isKnown, true)
  await watch.ready
  t.match(watch.status, { restoredFromMs: 1_000_000, lastAnswerMs: null })
  t.match(events, [{ kind: 'restored', total: 2, savedAtMs: 1_000_000 }])
  source.fail('refused')
  t.equal(watch.instances.length, 2)
  source.answer([instance(1), instance(3)])
  t.match(watch.status, { restoredFromMs: null, lastAnswerMs: clock.wall() })
  t.strictSame(
    watch.instances.map(({ origin }) => origin),
    ['http://127.0.0.1:1', 'http://127.0.0.1:3']
  )
})

t.test('without a list from before it is not known until the first answer, even an empty one', async (t) => {
  const { source, watch } = follow()
  t.equal(watch.isKnown, false)
  source.fail('refused')
  t.equal(watch.isKnown, false)
  source.answer([])
  t.equal(watch.isKnown, true)
  await watch.ready
})

t.test('an entry that cannot be used is told once, however often it comes', (t) => {
  const { source, events, watch } = follow()
  const skipped = [{ entry: 'orders-7', reason: '"x" is no port' }]
  source.answer([], { skipped })
  source.answer([], { skipped })
  t.match(events, [{ kind: 'skipped', entry: 'orders-7', reason: '"x" is no port' }])
  t.strictSame(watch.status.skipped, skipped)
  source.answer([])
  source.answer([], { skipped })
  t.equal(events.length, 2, 'and once more when it had gone')
  t.end()
})

t.test('every change is handed on to be kept', (t) => {
  const { source, saved } = follow()
  source.answer([instance(1)])
  source.answer([instance(1)])
  source.answer([instance(1), instance(2)])
  t.strictSame(
    saved.map((list) => list.length),
    [1, 2]
  )
  t.end()
})

t.test('the end stops the source and what it had still to ask', (t) => {
  const { source, watch, clock } = follow()
  source.answer([instance(1)])
  source.answer([])
  watch.stop()
  clock.advance(1_000_000)
  t.equal(source.stopped, true)
  t.equal(source.refreshes, 0)
  t.end()
})
