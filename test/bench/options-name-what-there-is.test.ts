import t from 'tap'
import { readOptions } from '../../bench/options.ts'
import { planCores } from '../../bench/process/cores.ts'

const known = { cases: ['get', 'tls', 'idle'], contestants: ['floor', 'sallyport', 'caddy'] }

t.test('all cases and contestants run unless some are named, in their own order', (t) => {
  t.match(readOptions([], known), { ...known, rounds: 3, isQuick: false })
  t.match(readOptions(['--cases', 'idle, get', '--contestants', 'caddy', '--rounds', '2'], known), {
    cases: ['get', 'idle'],
    contestants: ['caddy'],
    rounds: 2
  })
  t.match(readOptions(['--quick'], known), { cases: ['get'], isQuick: true, amounts: { seconds: 1.2 } })
  t.equal(readOptions(['--check', '--rounds', '7'], known)?.rounds, 1)
  t.equal(readOptions(['--help'], known), null)
  t.end()
})

t.test('what does not exist is refused, and what there is is named', (t) => {
  t.throws(() => readOptions(['--cases', 'gte'], known), /--cases: there is no "gte" among get, tls, idle/)
  t.throws(() => readOptions(['--rounds', '1.5'], known), /whole number/)
  t.throws(() => readOptions(['--seconds', '0'], known), /above 0/)
  t.throws(() => readOptions(['--fast'], known), /--fast/)
  t.end()
})

t.test('the contestant has a core for itself wherever there are two', (t) => {
  t.equal(planCores(1, true), null)
  t.equal(planCores(8, false), null)
  t.strictSame(planCores(2, true), { contestant: 0, load: 1, origin: 1 })
  t.strictSame(planCores(4, true), { contestant: 0, load: 1, origin: 2 })
  t.end()
})
